# SPDX-License-Identifier: GPL-2.0-only
#
# Casts of addresses that were looked up to what can be called, but for those in
# static_call_update(): FILE:LINE: STATEMENT, with the line where the statement begins.
#
# usage: awk -f called_by_address.awk FILE...
#
# A statement is put together first, as a cast may end its line. Looked up is what
# la_symbols_address() returns, what a kprobe knows as its addr, and whatever has the name of a
# variable that one of these is assigned to somewhere in the file.

function without_comments(line,	from, to)
{
	if (in_comment) {
		to = index(line, "*/")
		if (!to)
			return ""
		in_comment = 0
		line = substr(line, to + 2)
	}
	while ((from = index(line, "/*"))) {
		to = index(substr(line, from), "*/")
		if (!to) {
			in_comment = 1
			return substr(line, 1, from - 1)
		}
		line = substr(line, 1, from - 1) substr(line, from + to + 1)
	}
	return line
}

# The names that an address is assigned to.
function learn(rest,	name)
{
	while (match(rest, assignment)) {
		name = substr(rest, RSTART, RLENGTH)
		rest = substr(rest, RSTART + RLENGTH)
		sub(/[^A-Za-z0-9_].*/, "", name)
		looked_up[name] = 1
	}
}

# Is it a pointer to a function, or can be taken for one? Data has words before its star that say
# so (struct, const, unsigned), or a plain type.
function can_be_called(type)
{
	if (type == "void *")
		return 1
	sub(/ \*$/, "", type)
	return type !~ / / && type !~ /^(.*_t|bool|char|short|int|long|[us](8|16|32|64))$/
}

function is_looked_up(operand)
{
	sub(/^\(+/, "", operand)
	if (operand ~ /^la_symbols_address\(/)
		return 1
	if (!match(operand, /^[A-Za-z_]([A-Za-z0-9_.]|->|\[[^]]*\])*/))
		return 0
	operand = substr(operand, 1, RLENGTH)
	if (operand ~ /(\.|->)addr$/)
		return 1
	sub(/\[[^]]*\]$/, "", operand)
	sub(/.*[.>]/, "", operand)
	return operand in looked_up
}

function is_found(s,	before, type)
{
	if (index(s, "static_call_update("))
		return 0
	# Nobody has these of data.
	if (s ~ /\(typeof\([a-z_]+\) \*\) ?[a-z(]/ || s ~ /\(\*\)\([A-Za-z0-9_, *]*\)\) ?[a-z(]/)
		return 1
	while (match(s, /\([A-Za-z_][A-Za-z0-9_ ]*(\*)?\) ?\(*[A-Za-z_]/)) {
		before = substr(s, 1, RSTART - 1)
		type = substr(s, RSTART + 1)
		sub(/\).*/, "", type)
		s = substr(s, RSTART + length(type) + 2)
		sub(/^ /, "", s)
		if (before !~ /([A-Za-z0-9_]|(^|[^a-z_])(if|for|while|switch) )$/ &&
		    can_be_called(type) && is_looked_up(s))
			return 1
	}
	return 0
}

function finish(	i)
{
	for (i = 1; i <= n; i++)
		learn(statements[i])
	for (i = 1; i <= n; i++)
		if (is_found(statements[i]))
			print file ":" begins[i] ": " statements[i]
	n = 0
	statement = ""
	in_comment = 0
	split("", looked_up)
}

BEGIN {
	assignment = "[A-Za-z_][A-Za-z0-9_]*(\\[[^]]*\\])? = " \
		"(la_symbols_address\\(|(kp|k?probe)(\\.|->)addr)"
}
FNR == 1 {
	finish()
	file = FILENAME
}
{
	line = without_comments($0)
	goes_on = sub(/\\$/, "", line)
	gsub(/[[:blank:]]+/, " ", line)
	sub(/^ /, "", line)
	sub(/ $/, "", line)
	if (statement == "")
		begin = FNR
	statement = statement (statement == "" || line == "" ? "" : " ") line
	if (goes_on || statement == "" || (line !~ /[;{}]$/ && line != "" && statement !~ /^#/))
		next
	statements[++n] = statement
	begins[n] = begin
	statement = ""
}
END { finish() }
