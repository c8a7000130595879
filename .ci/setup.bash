# Sourced by ./run and ./test: brings a bare Debian or Ubuntu to the point where they can start.
# Each step runs only when its inputs changed since it last ended well (a hash in .setup/), so a second start is quick.
# Exit code 2: the machine lacks something a person must mend; the sentence says what.

unset PYTHONDONTWRITEBYTECODE # each of our many processes would compile the whole house again
export DEBIAN_FRONTEND=noninteractive PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PIP_ROOT_USER_ACTION=ignore
HOUSE=$PWD
STAMPS=$HOUSE/.setup
VENV=$HOUSE/.venv
DISK_FREE_MIB_MIN=1500

stop() {
    printf '\n%s\n' "$1" >&2
    exit 2
}

# say WHAT COMMAND…: runs it quietly, shows that it goes on, keeps its words for the case that it fails.
say() {
    local what=$1 began=$SECONDS log=$STAMPS/last.log
    shift
    printf '  %s … ' "$what"
    if "$@" >"$log" 2>&1 </dev/null; then
        printf '%s s\n' $((SECONDS - began))
    else
        printf 'failed\n'
        tail -n 25 "$log" >&2
        if grep -q 'No space left on device' "$log"; then
            stop "The disk under $HOUSE is full: free some space ($DISK_FREE_MIB_MIN MiB is enough) and run this again."
        fi
        stop "Could not finish: $what. The lines above say why (all of them: $log); mend that and run this again."
    fi
}

# once NAME INPUTS WHAT COMMAND…: runs COMMAND unless it already ended well with the same INPUTS.
once() {
    local stamp=$STAMPS/$1 inputs=$2
    shift 2
    [ "$(cat "$stamp" 2>/dev/null)" = "$inputs" ] && return
    say "$@"
    printf '%s' "$inputs" >"$stamp"
}

hash_of() { cat "$@" | sha256sum | cut -c1-32; }

apt_missing() { # prints those of the given packages that are not installed
    local package
    for package in "$@"; do
        dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null | grep -q '^install ok installed$' || printf '%s ' "$package"
    done
}

apt_get() {
    # wireshark asks whether plain users may capture; we only read files with it.
    printf 'wireshark-common wireshark-common/install-setuid boolean false\n' | "$@" debconf-set-selections 2>/dev/null || true
    "$@" apt-get install -y -q --no-install-recommends $missing ||
        { "$@" apt-get update -q && "$@" apt-get install -y -q --no-install-recommends $missing; }
}

apt_need() {
    missing=$(apt_missing "$@")
    [ -z "$missing" ] && return
    if ! command -v apt-get >/dev/null; then
        stop "This machine lacks: $missing(names of Debian's packages). Install them with its own package manager and run this again."
    elif [ "$(id -u)" = 0 ]; then
        say "Installing ${missing% }" apt_get env
    elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        say "Installing ${missing% }" apt_get sudo
    else
        stop "This machine lacks some packages, and you may not install them: ask for 'apt-get install ${missing% }' and run this again."
    fi
}

find_python() { # the first Python that is new enough and can make a virtual environment
    local candidate
    for candidate in python3 /usr/bin/python3 python3.13 python3.12 python3.11; do
        if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            PYTHON=$(command -v "$candidate")
            return 0
        fi
    done
    return 1
}

need_python() {
    find_python && return
    apt_need python3 python3-venv
    find_python || stop "Vitrine needs Python 3.11 or newer and this machine's is older: use Debian 12, Ubuntu 24.04 or newer."
}

need_disk() {
    local free
    free=$(df -Pm "$HOUSE" | awk 'NR == 2 {print $4}')
    [ "$free" -ge "$DISK_FREE_MIB_MIN" ] || [ -e "$STAMPS/packages" ] ||
        stop "The disk under $HOUSE has $free MiB free and setting up needs $DISK_FREE_MIB_MIN: free some space and run this again."
}

# set_up LOCK: virtual environment, the packages of that lock file, our own packages, front-end files.
set_up() {
    local lock=$1 python_version
    mkdir -p "$STAMPS" 2>/dev/null || stop "Cannot write into $HOUSE: give yourself the right to, or clone it elsewhere."
    exec 9>"$STAMPS/lock"
    flock 9 # ./run and ./test at the same time: one sets up, the other waits
    need_disk
    need_python
    [ -x "$VENV/bin/python" ] || rm -f "$STAMPS"/{packages*,house,node,assets}
    [ -x "$VENV/bin/python" ] || say "Making a Python environment in .venv" "$PYTHON" -m venv "$VENV"
    python_version=$("$VENV/bin/python" -c 'import sys; print(sys.version)' | head -1)
    # The lock for tests holds all of the other, in the same versions: whoever has it needs nothing more.
    if [ "$(cat "$STAMPS/packages-test" 2>/dev/null)" != "$(hash_of requirements-test.txt) $python_version" ] || [ "$lock" = test ]; then
        local file=requirements.txt name=packages
        [ "$lock" = test ] && file=requirements-test.txt name=packages-test
        once "$name" "$(hash_of "$file") $python_version" "Installing Python packages from $file" \
            "$VENV/bin/python" -m pip install --quiet --require-hashes --only-binary :all: -r "$file"
    fi
    once house "$(hash_of pyproject.toml) $HOUSE" "Installing Vitrine itself" \
        "$VENV/bin/python" -m pip install --quiet --no-deps --no-build-isolation --no-index -e .
    if [ -f web/assets.py ] && [ -f package-lock.json ]; then
        [ -d web/static/vendor ] || rm -f "$STAMPS/assets"
        command -v npm >/dev/null || [ -e "$STAMPS/assets" ] ||
            once node "$(hash_of requirements-node.txt) $python_version" "Installing npm (this machine has none)" \
                "$VENV/bin/python" -m pip install --quiet --require-hashes --only-binary :all: -r requirements-node.txt
        once assets "$(hash_of package.json package-lock.json web/assets.py)" "Fetching front-end files" \
            "$VENV/bin/python" -m web.assets
    fi
    flock -u 9
    exec 9>&-
}
