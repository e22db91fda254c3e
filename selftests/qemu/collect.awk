# SPDX-License-Identifier: GPL-2.0-only
#
# Judge a result stream and print it as KTAP: one line a test, the failed cases
# and their diagnostics under it.
#
# awk -v deny=FILE -v allow=FILE -v totals=FILE -f collect.awk STREAM
#
# The stream; TEXT is any output, each @@ stands at the begin of a line:
#
#	@@ set NAME host|prepare|boot	a group of tests; one guest, if boot
#	@@ plan TEST			(each) a test that must have a result
#	@@ begin TEST			its output follows: KTAP, one document or several
#	TEXT
#	@@ left TEST MODULE		it left that module loaded
#	@@ log TEST			the kernel log of its time follows
#	TEXT
#	@@ end TEST status=N|timeout centiseconds=N
#	@@ bootlog			(boot) the whole kernel log follows
#	TEXT
#	@@ finished			(boot) the guest came to its end
#	@@ console			(boot) what the console showed follows
#	TEXT
#	@@ close NAME			the host has seen the guest end
#
# What counts: each case of a test, of nested cases the innermost. A test fails
# further for each of: no result, no end, a time-out, a status that its cases do
# not explain, a plan that was not kept, no cases at all, a splat in its kernel
# log, a module left loaded. A set of kind host may hold tests without KTAP:
# their status is their one case; one of kind prepare holds steps that are no
# tests: they count when they fail. A boot has one case of its own: that the guest
# came to its end with a kernel log that is not empty and has no splat.

BEGIN {
	denied = patterns(deny)
	allowed = patterns(allow)
	passed = failed = skipped = number = 0
	print "KTAP version 1"
}

# All patterns of a file as one.
function patterns(file,    line, all, n)
{
	n = 0
	while ((getline line < file) > 0) {
		if (line == "" || line ~ /^#/)
			continue
		all = all (n++ ? "|" : "") "(" line ")"
	}
	close(file)
	return all
}

# An OOM that a test announced, and what the kernel writes at it; between those two
# lines alone, and of these lines alone. It must come, or the test is wrong.
function is_expected(line)
{
	if (line ~ /leakacct-selftest: an OOM is expected$/)
		oom_expected = 1
	else if (line ~ /leakacct-selftest: (the OOM is over|begin )/)
		oom_expected = oom_dump = 0
	if (oom_expected && line ~ / invoked oom-killer: /)
		oom_dump = 1
	if (!oom_dump)
		return 0
	if (line ~ / Out of memory: Killed process /)
		oom_dump = 0
	return line ~ /( invoked oom-killer: | Comm: |Call Trace:| RIP: | Out of memory: Killed process |oom-kill:)/
}

function is_splat(line)
{
	if (is_expected(line))
		return 0
	return denied != "" && line ~ denied && !(allowed != "" && line ~ allowed)
}

{ sub(/\r+$/, "") }

/^@@ / {
	section = ""
	if ($2 == "set")
		open_set($3, $4)
	else if ($2 == "plan")
		plan[++planned] = $3
	else if ($2 == "begin")
		begin_test($3)
	else if ($2 == "left")
		problem("left module " $4 " loaded")
	else if ($2 == "log")
		section = "log"
	else if ($2 == "end")
		end_test($3, substr($4, 8), substr($5, 14))
	else if ($2 == "bootlog")
		section = "bootlog"
	else if ($2 == "finished")
		finished = 1
	else if ($2 == "console")
		section = "console"
	else if ($2 == "close")
		closed = 1
	next
}

section == "test" { test_line($0); next }
section == "log" { log_line($0); next }
section == "bootlog" {
	bootlog += $0 != ""
	boot_splat($0)
	next
}
section == "console" {
	if ($0 != "")
		console[++consoles] = $0
	boot_splat($0)
	next
}

END {
	close_set()
	print "1.." number
	print "# Totals: pass:" passed " fail:" failed " xfail:0 xpass:0 skip:" skipped " error:0"
	if (totals != "")
		print passed, failed, skipped > totals
}

# --- sets ---------------------------------------------------------------------

function open_set(name, kind)
{
	close_set()
	set = name
	boot = kind == "boot"
	prepare = kind == "prepare"
	planned = tests = finished = closed = bootlog = consoles = boot_splats = 0
	split("", plan)
	split("", seen)
	split("", ended)
}

function close_set(    i, why)
{
	if (set == "")
		return
	if (test != "")
		end_test(test, "none", 0)
	for (i = 1; i <= planned; i++)
		if (!(plan[i] in seen)) {
			failed++
			result("not ok", plan[i], "no result")
		}
	if (!planned) {
		failed++
		result("not ok", "", "no tests")
	}
	if (boot && planned) {
		why = ""
		if (!finished)
			why = "the guest did not come to its end"
		else if (!bootlog)
			why = "the kernel log is empty"
		else if (boot_splats)
			why = "splat in the kernel log"
		if (why == "") {
			passed++
			result("ok", "kernel log", bootlog " lines")
		} else {
			failed++
			for (i = 1; i <= boot_splats && i <= 10; i++)
				print "#   splat: " splat[i]
			for (i = finished ? consoles + 1 : consoles - 39; i <= consoles; i++)
				if (i > 0)
					print "#   console: " console[i]
			result("not ok", "kernel log", why)
		}
	}
	set = ""
}

function boot_splat(line)
{
	if (is_splat(line))
		splat[++boot_splats] = line
}

function result(word, name, note)
{
	number++
	print word " " number " " set (name != "" ? "/" name : "") (note != "" ? " # " note : "")
}

# --- tests --------------------------------------------------------------------

function begin_test(name)
{
	if (test != "")
		end_test(test, "none", 0)
	test = name
	if (name in seen)
		problem("ran twice")
	seen[name] = 1
	section = "test"
	cases = case_passed = case_failed = case_skipped = 0
	expected = -1
	skip_all = ""
	top = 0
	diags = said = splats = misnumbered = 0
	child_depth = 0
	split("", children)
	split("", child_failed)
}

# Something is wrong that no case says.
function problem(text)
{
	problems = problems (problems != "" ? "; " : "") text
	failed++
}

function say(text)
{
	if (said++ < 200)
		print text
	else if (said == 201)
		print "#   ..."
}

function test_line(line,    depth, body, i)
{
	match(line, /^ */)
	depth = int(RLENGTH / 2)
	body = substr(line, RLENGTH + 1)
	if (body ~ /^(ok|not ok)( |$)/) {
		case_line(depth, body)
		diags = 0
	} else if (depth == 0 && body ~ /^1\.\.[0-9]+/) {
		expected = substr(body, 4) + 0
		if (body ~ /# *SKIP/) {
			skip_all = body
			sub(/^[^#]*# *SKIP */, "", skip_all)
			if (skip_all == "")
				skip_all = "no reason given"
		}
	} else if (body ~ /^Bail out!/) {
		problem(body)
	} else if (body ~ /^(KTAP version|TAP version)/) {
		# A step of several programs prints several documents.
		if (depth == 0 && top)
			end_document(0)
	} else if (body != "") {
		# What stands before a failed case explains it.
		diag[diags++ % 60] = body
	}
}

# The plan of one document was kept.
function end_document(cut)
{
	if (expected < 0)
		problem("no plan")
	else if (expected != top && !cut)
		problem("planned " expected " cases, ran " top)
	expected = -1
	top = 0
}

function case_line(depth, body,    ok, name, n, i)
{
	ok = body ~ /^ok/
	n = body
	sub(/^(not )?ok */, "", n)
	name = n
	sub(/^[0-9]+ */, "", name)
	sub(/^- /, "", name)
	if (depth == 0) {
		top++
		if (n ~ /^[0-9]/ && n + 0 != top && !misnumbered++)
			problem("case " n + 0 " where " top " was due")
	}

	# The line of a parent follows those of its children, which were counted.
	if (children[depth + 1]) {
		n = child_failed[depth + 1]
		children[depth + 1] = child_failed[depth + 1] = 0
		children[depth]++
		child_failed[depth] += !ok
		if (ok && n)
			problem("case '" name "' is ok though one within failed")
		if (ok || n)
			return
	} else {
		children[depth]++
		child_failed[depth] += !ok && name !~ /# *SKIP/
	}
	cases++
	if (name ~ /# *SKIP/) {
		case_skipped++
		skipped++
		say("#   skipped: " name)
	} else if (ok) {
		case_passed++
		passed++
	} else {
		case_failed++
		failed++
		say("#   failed: " name)
		for (i = diags > 60 ? diags - 60 : 0; i < diags; i++)
			say("#     " diag[i % 60])
	}
}

# The first line of a splat and what follows it.
function log_line(line,    bad)
{
	bad = is_splat(line)
	if (splats == 0 && bad)
		problem("splat in the kernel log")
	if ((splats > 0 && line != "") || bad)
		if (splats++ < 40)
			say("#     kernel: " line)
}

function end_test(name, status, cs,    i, note, own, cut)
{
	cut = status == "timeout" || status == "none"
	if (name != test) {
		problem("end of '" name "' within '" test "'")
		name = test
	}
	if (status == "timeout")
		problem("timed out after " cs / 100 " s")
	else if (status == "none")
		problem("did not end: the guest died or hung in it")
	else if (status != 0 && status != 4 && !case_failed && (cases || boot))
		problem("status " status " though no case failed")
	else if (status == 4 && (case_passed || case_failed))
		problem("status 4 though not all was skipped")
	else if (status == 0 && case_failed)
		problem("status 0 though a case failed")

	if (skip_all != "" && !cases && status == 4) {
		skipped++
		say("#   skipped: " test ": " skip_all)
	} else if (cases) {
		end_document(cut)
	} else if (cut) {
		# said above
	} else if (boot) {
		problem("no cases")
	} else if (status == 0 && prepare) {
		# counts as nothing
	} else if (status == 0) {
		case_passed++
		passed++
	} else {
		problem("status " status)
	}

	# Unless a failed case told already, the last words are what there is.
	if (problems != "" && !case_failed)
		for (i = diags > 60 ? diags - 60 : 0; i < diags; i++)
			say("#     " diag[i % 60])
	own = case_failed || problems != ""
	note = prepare ? "prepared" : case_passed " passed"
	if (case_failed)
		note = note ", " case_failed " failed"
	if (case_skipped)
		note = note ", " case_skipped " skipped"
	if (problems != "")
		note = note "; " problems
	note = note sprintf(", %.1f s", cs / 100)
	result(own ? "not ok" : "ok", test, note)
	problems = ""
	test = ""
}
