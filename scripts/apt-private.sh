# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Sourced by the fetch scripts: package downloads that leave the machine alone.
#
# A private apt root in the cache directory holds its own package lists, so
# that nothing is added to the system's sources and no root is needed. The
# archive is the one the machine's own apt configuration names, in whichever
# form it is written (deb822 .sources or one-line .list); proxies and
# credentials of the system's apt.conf stay in force.
#
# LEAKACCT_MIRROR and LEAKACCT_SECURITY_MIRROR replace what is found there.

cache=${LEAKACCT_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/leakacct}

die()
{
	echo "${0##*/}: $*" >&2
	exit 1
}

say()
{
	echo "${0##*/}: $*" >&2
}

# Two processes may want the same download: the second waits and then finds it.
# The lock belongs to descriptor 9, so it ends with the process however it dies.
cache_lock()
{
	mkdir -p "$cache" || die "cannot make $cache"
	exec 9>"$cache/.lock" || die "cannot write into $cache"
	flock 9
}

# All archives of the machine's sources, one "URI SUITE" a line. apt parses its
# own files here; a machine whose lists were never fetched is covered too, as
# index targets are derived from the sources alone.
machine_archives()
{
	# shellcheck disable=SC2016 # apt expands these, not the shell
	apt-get indextargets --no-release-info \
		--format '$(REPO_URI) $(RELEASE)' 'Identifier: Packages' |
		sort -u | grep -E '^(https?|ftp|file|mirror)[^ ]*:'
}

# Sets mirror and security to the machine's archive of each kind. The release
# that we fetch from need not be the machine's own: all suites of one archive
# stand under one URI.
find_mirrors()
{
	mirror=${LEAKACCT_MIRROR:-}
	security=${LEAKACCT_SECURITY_MIRROR:-}
	if [ -z "$mirror" ]; then
		mirror=$(machine_archives | awk '
			$2 ~ /^(buster|bullseye|bookworm|trixie|forky|duke|sid|stable|oldstable|oldoldstable|testing|unstable)$/ {
				print $1; exit }')
	fi
	if [ -z "$security" ]; then
		security=$(machine_archives | awk '$2 ~ /-security$/ { print $1; exit }')
	fi
	[ -n "$mirror" ] ||
		die "the machine's apt sources name no Debian archive; set LEAKACCT_MIRROR"
	: "${security:=${mirror%/}-security}"
}

# apt_private NAME COMMAND...: run apt-get or apt-cache in the private root NAME.
apt_private()
{
	apt_root=$cache/apt/$1
	shift
	apt_tool=$1
	shift
	"$apt_tool" -q \
		-o Dir::Etc::sourcelist="$apt_root/sources.list" \
		-o Dir::Etc::sourceparts="$apt_root/none" \
		-o Dir::Etc::preferences=/dev/null \
		-o Dir::Etc::preferencesparts="$apt_root/none" \
		-o Dir::State="$apt_root/state" \
		-o Dir::State::lists="$apt_root/state/lists" \
		-o Dir::State::status="$apt_root/state/status" \
		-o Dir::Cache="$apt_root/cache" \
		-o APT::Architecture=amd64 -o APT::Architectures=amd64 \
		-o APT::Sandbox::User=root \
		-o Acquire::Languages=none \
		-o Acquire::Retries=3 \
		"$@"
}

# apt_private_update NAME SUITE...: make the private root with these suites and
# fetch its lists; a suite *-security comes from the security archive.
apt_private_update()
{
	apt_name=$1
	apt_root=$cache/apt/$1
	shift
	keyring=/usr/share/keyrings/debian-archive-keyring.gpg
	signed=
	[ ! -e "$keyring" ] || signed=" signed-by=$keyring"
	find_mirrors
	mkdir -p "$apt_root/none" "$apt_root/state/lists/partial" "$apt_root/cache/archives/partial"
	: >"$apt_root/state/status"
	for suite in "$@"; do
		case $suite in
		*-security)	uri=$security ;;
		*)		uri=$mirror ;;
		esac
		echo "deb [arch=amd64$signed] $uri $suite main"
	done >"$apt_root/sources.list"
	apt_private "$apt_name" apt-get update >"$apt_root/update.log" 2>&1 || {
		cat "$apt_root/update.log" >&2
		die "cannot fetch the package lists of $*"
	}
	# apt-get update only warns when an archive does not answer.
	! grep -E '^(W: Failed|E:|Err:)' "$apt_root/update.log" >&2 ||
		die "cannot fetch all package lists of $*"
}

# depends NAME PACKAGE: the names that the newest PACKAGE depends on, one a line.
depends()
{
	apt_private "$1" apt-cache show --no-all-versions "$2" |
		awk '/^Depends: / {
			sub(/^Depends: /, "")
			n = split($0, word, /[,|] */)
			for (i = 1; i <= n; i++) {
				sub(/[ :(].*/, "", word[i])
				print word[i]
			}
		}' | sort -u
}

# download NAME DIRECTORY PACKAGE...: the debs of the packages into DIRECTORY.
download()
{
	dl_name=$1
	dl_dir=$2
	shift 2
	mkdir -p "$dl_dir"
	(cd "$dl_dir" && apt_private "$dl_name" apt-get download "$@" >&2) ||
		die "cannot download $*"
}
