# Read by bin/start and bin/test, from the top of the project: finds a Python and keeps .venv up to date. POSIX sh.

say() { printf '%s\n' "$*"; }
fail() { printf '\n%s\n' "$*" >&2; exit 1; }

is_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }
can_make_venv() { "$1" -c 'import ensurepip, venv' >/dev/null 2>&1; }

# Prints the first Python of 3.11 or newer that can make virtual environments.
find_python() {
    without_venv=
    for candidate in python3.13 python3.12 python3.11 python3.14 python3 python; do
        is_new_enough "$candidate" || continue
        if can_make_venv "$candidate"; then
            command -v "$candidate"
            return
        fi
        without_venv=$candidate
    done
    if [ -n "$without_venv" ]; then
        fail "$without_venv is here, but it can't make virtual environments. On Debian and Ubuntu:
    sudo apt-get install python3-venv
Then run this again."
    fi
    fail "mychat needs Python 3.11 or newer, and there is none on the PATH. For example:
    Debian 12, Ubuntu 24.04:  sudo apt-get install python3 python3-venv
    macOS:                    brew install python@3.13
    anything else:            https://www.python.org/downloads/
Then run this again."
}

# use_venv FILE: makes .venv with what FILE pins and puts it on the PATH. Does nothing when FILE hasn't changed.
use_venv() {
    python=$(find_python) || exit 1
    mkdir -p var
    # Two runs at once take turns, where the system has flock.
    (
        if command -v flock >/dev/null; then flock 9; fi
        update_venv "$python" "$1"
    ) 9>var/venv.lock || exit 1
    PATH="$PWD/.venv/bin:$PATH"
    export PATH
}

update_venv() {
    stamp=".venv/.installed-$2"
    if ! .venv/bin/python -c '' 2>/dev/null; then
        say "Making a virtual environment in .venv ($("$1" --version))"
        rm -rf .venv
        "$1" -m venv .venv || fail "Making the virtual environment failed."
    fi
    wanted=$(cat requirements*.txt | cksum)
    if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
        say "Installing what $2 pins (the first time takes a minute or two)"
        .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input -r "$2" ||
            fail "Installing failed. Is this machine online? Run this again to go on."
        say "$wanted" >"$stamp"
    fi
}
