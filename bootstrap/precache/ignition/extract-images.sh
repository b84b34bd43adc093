#!/bin/bash
# Loads pre-cached images from a disk into this node's containers-storage, by bootstrap-registry.
#
#   extract-ai.sh ai LABEL        images of the discovery stage, from the partition with that name
#   extract-ocp.sh ocp LABEL      images of the install stage
#   extract-….sh --clean ai|ocp   unmount, and remove what a killed run left behind
#
# The disk is mounted read-only and never written. An image is loaded only when its manifest has the digest that
# is asked for; skopeo compares its blobs with the manifest. An image that cannot be loaded is named, the others
# are loaded, and the exit code is 1. What is there already is left alone.
#
# Environment: PRECACHE_FROM  directory with the artefacts: nothing is mounted    PRECACHE_WAIT  seconds for the disk
#              PRECACHE_JOBS  images at a time    PRECACHE_DEVICES  instead of /dev/disk/by-partlabel    TMPDIR
set -uo pipefail
export LC_ALL=C

readonly TMP=${TMPDIR:-/var/tmp}
work='' list='' problems=0
declare -A digest_of=() path_of=() sum_of=() # of images by pull spec; of files by name, as SHA256SUMS has it

say() { printf '%s\n' "$*"; }

problem() {
  say "FAILED $*"
  problems=$((problems + 1))
}

die() {
  problem "$@"
  exit 1
}

# --- the disk ---

unmount() {
  local at=/run/precache-images/$1
  if mountpoint -q "$at"; then umount "$at" || return; fi
  rmdir "$at" "${at%/*}" 2>/dev/null
  return 0
}

mount_disk() {
  local device=${PRECACHE_DEVICES:-/dev/disk/by-partlabel}/$1 left=${PRECACHE_WAIT:-60} said
  from=/run/precache-images/$list
  [[ -e $device ]] || say "waiting for $device, $left seconds at most"
  until [[ -e $device ]]; do
    ((left-- > 0)) || die "$device: there is no such partition; images come from the registry instead"
    sleep 1
  done
  unmount "$list" || die "$from: an earlier mount is in use"
  mkdir -p "$from" || die "$from: cannot be made"
  # norecovery: a journal that was not closed is not written back, the disk stays as it is.
  said=$(mount -o ro,nosuid,nodev,noexec,norecovery "$device" "$from" 2>&1) ||
    said=$(mount -o ro,nosuid,nodev,noexec "$device" "$from" 2>&1) ||
    said=$(mount -o bind,ro "$(findmnt -nfo TARGET --source "$(readlink -f "$device")")" "$from" 2>&1) ||
    die "$device: cannot be mounted: $said"
}

# shellcheck disable=SC2317,SC2329 # called by the trap
at_exit() {
  local code=$? pids pid
  trap '' TERM INT
  pids=$(jobs -p)
  for pid in $pids; do kill -- "-$pid" 2>/dev/null; done # the group of each: skopeo, too
  wait
  cd /
  [[ -z $work ]] || rm -rf -- "$work"
  [[ -n ${PRECACHE_FROM:-} ]] || unmount "$list" || {
    say "FAILED $from cannot be unmounted, and the installer refuses a disk that is in use"
    code=1
  }
  exit "$code"
}

# --- what is on it ---

# Reads lines of $1 into the array `lines`: without CR, blank ones and comments; the last needs no line end.
read_lines() {
  local line=''
  lines=()
  cat <"$1" >/dev/null 2>&1 || problem "$1: cannot be read to its end"
  while IFS= read -r line || [[ -n $line ]]; do
    line=${line%$'\r'}
    [[ -z ${line//[[:space:]]/} || ${line#"${line%%[![:space:]]*}"} == \#* ]] || lines+=("$line")
  done <"$1"
}

# Says whether $1 is a file on the disk: no pipe to wait for, and no link to a file of this node's.
is_file() { [[ -f $1 && -r $1 && ! -L $1 ]]; }

# Says whether file $1 is as SHA256SUMS has it.
is_whole() {
  local found
  [[ -n ${sum_of[$1]-} ]] && is_file "$1" && found=$(sha256sum <"$1") && [[ ${found%% *} == "${sum_of[$1]}" ]]
}

read_disk() {
  local line file
  cd "$from" || die "$from: cannot be entered"
  is_ours=no are_digests_trusted=no
  [[ ! -e images.txt && ! -e precache.json && ! -e SHA256SUMS ]] || is_ours=yes
  if [[ $is_ours == yes ]] && is_file SHA256SUMS; then
    read_lines SHA256SUMS
    for line in "${lines[@]}"; do
      file=${line:66}
      file=${file#./}
      [[ -z $file ]] || sum_of[$file]=${line:0:64}
    done
    ((${#sum_of[@]} > 0)) || problem "SHA256SUMS: it has no line"
  elif [[ $is_ours == yes ]]; then
    problem "SHA256SUMS: missing or unreadable: images without a digest in their name cannot be verified"
  fi
  is_file "$list-images.txt" || die "$list-images.txt: missing or unreadable: it names the images to load"
  if [[ ${#sum_of[@]} -gt 0 ]]; then
    is_whole "$list-images.txt" || problem "$list-images.txt: not as SHA256SUMS has it: images may be missing in it"
    if is_whole images.txt; then
      are_digests_trusted=yes
    else
      problem "images.txt: missing, or not as SHA256SUMS has it: only images with a digest in their name are loaded"
    fi
  fi
  is_file images.txt || return 0
  read_lines images.txt
  for line in "${lines[@]}"; do
    if [[ $line =~ ^([^ ]+)\ ([^ ]+)\ ([^ ]+)$ && -z ${digest_of[${BASH_REMATCH[1]}]-} ]]; then
      digest_of[${BASH_REMATCH[1]}]=${BASH_REMATCH[2]}
      path_of[${BASH_REMATCH[1]}]=${BASH_REMATCH[3]}
    else
      problem "images.txt: this line is not used: $line"
    fi
  done
}

# --- one image ---

# Sets what is known of pull spec $1: digest, path, name (without tag and digest) and target; or why, and fails.
locate() {
  local source=$1 asked='' last
  digest=${digest_of[$source]-} path=${path_of[$source]-}
  name=${source%%@*}
  last=${name##*/}
  [[ $source != *@* ]] || asked=${source#*@}
  if [[ -n $asked ]]; then
    name=${name%"$last"}${last%%:*}
    target=$name@$asked
    [[ -z $digest || $digest == "$asked" ]] || {
      why="images.txt gives it another digest, $digest"
      return 1
    }
    digest=$asked
  else
    name=${name%"$last"}${last%%:*} target=$source
    [[ $last == *:* ]] || target=$source:latest
    [[ -n $digest && $are_digests_trusted == yes ]] || {
      why="it has no digest to be verified by"
      return 1
    }
  fi
  [[ $digest =~ ^sha256:[0-9a-f]{64}$ ]] || {
    why="$digest is no sha256 digest"
    return 1
  }
  last=${source##*/}
  if [[ -z $path && -e images/${digest#sha256:}/manifest.json ]]; then
    path=images/${digest#sha256:}
  elif [[ -z $path ]]; then
    path=${last/:/_}.tgz # as telco-ran-tools names it
  fi
  [[ $path =~ ^images/[0-9a-f]{64}$ || $path =~ ^[^/]+\.tgz$ ]] || {
    why="images.txt has it at $path, which is no place for images"
    return 1
  }
}

is_present() {
  podman image exists -- "$name@$digest" </dev/null || return 1
  [[ $target == *@* ]] || [[ $(id_of "$target") == "$(id_of "$name@$digest")" ]]
}

id_of() { podman image inspect --format '{{.Id}}' -- "$1" </dev/null 2>/dev/null; }

# Unpacks archive $1 below directory $2 (made), and sets `directory`; or why and outcome, and fails.
unpack() {
  local size free said found
  size=$([[ -f $1 ]] && stat -L -c %s -- "$1" 2>/dev/null) || {
    why="$1 is not on the disk"
    return 1
  }
  mkdir -- "$2" || {
    outcome=again why="no directory can be made in $TMP"
    return 1
  }
  free=$(df --output=avail -B1 -- "$2" | tail -n 1)
  ((free > size + size / 8)) || {
    why="$1 has $((size / 1000000)) MB, and $TMP has $((free / 1000000)) MB free"
    return 1
  }
  # By standard input: tar takes a name with a colon for another host's.
  said=$(tar -xz --no-same-owner -C "$2" <"$1" 2>&1) || {
    outcome=again why="$1 cannot be unpacked: ${said%%$'\n'*}"
    return 1
  }
  found=$(find "$2" ! -type f ! -type d -print -quit)
  [[ -z $found ]] || {
    why="$1 has something other than files in it: ${found##*/}"
    return 1
  }
  directory=$(find "$2" -mindepth 2 -maxdepth 2 -name manifest.json -printf '%h' -quit)
  [[ -n $directory ]] || {
    why="$1 has no manifest.json"
    return 1
  }
}

# Loads pull spec $1, with $2 as a directory of its own; sets `outcome`: loaded, present, failed (and why: no use in
# trying again) or again (and why).
load() {
  local found said
  outcome=failed why=''
  locate "$1" || return
  if is_present; then
    outcome=present
    return
  fi
  directory=$path
  if [[ $path == *.tgz ]]; then
    unpack "$path" "$2" || return
  fi
  found=$([[ -f $directory/manifest.json ]] && sha256sum <"$directory/manifest.json" 2>/dev/null) || {
    why="$path/manifest.json is missing or unreadable"
    return
  }
  [[ sha256:${found%% *} == "$digest" ]] || {
    why="$path holds another image, or a damaged one: its manifest is sha256:${found%% *}"
    return
  }
  outcome=again
  said=$(skopeo --tmpdir "$work" copy --quiet "dir:$directory" "containers-storage:$target" 2>&1 </dev/null) || {
    said=${said##*$'\n'}
    why="skopeo: ${said##*level=fatal msg=}"
    return
  }
  is_present || {
    why="it was copied, and podman does not find it by $digest"
    return
  }
  outcome=loaded
}

load_nth() {
  local number=$1 is_last=$2 own=$work/$1
  load "${images[number]}" "$own"
  rm -rf -- "$own"
  [[ $outcome != again || $is_last == no ]] || outcome=failed
  printf '%s\n' "$outcome $number" >>"$work/outcomes"
  case $outcome in
    failed) say "[$((number + 1))/${#images[@]}] FAILED ${images[number]}: $why" ;;
    again) say "[$((number + 1))/${#images[@]}] will be tried again: ${images[number]}: $why" ;;
    *) say "[$((number + 1))/${#images[@]}] $outcome ${images[number]}" ;;
  esac
}

# --- all of them ---

# Loads images by number, $1 at a time; $2: whether it is the last try.
load_all() {
  local at_a_time=$1 is_last=$2 running=0 number
  shift 2
  for number in "$@"; do
    if ((running >= at_a_time)); then
      wait -n
      running=$((running - 1))
    fi
    set -m # a process group of its own
    load_nth "$number" "$is_last" &
    set +m
    running=$((running + 1))
  done
  wait
}

# Sets `outcome_of` by number; an image without one has a process that was killed.
read_outcomes() {
  local outcome number
  outcome_of=()
  while read -r outcome number; do outcome_of[number]=$outcome; done <"$work/outcomes"
}

main() {
  local label=$2 began=$SECONDS line jobs number loaded=0 present=0 failed again=()
  local -A seen
  [[ $list == ai || $list == ocp ]] || die "the first word has to be ai or ocp, not '$list'"
  from=${PRECACHE_FROM:-}
  trap at_exit EXIT
  trap 'exit 143' TERM
  trap 'exit 130' INT
  [[ -n $from ]] || mount_disk "$label"
  for line in podman skopeo; do
    command -v "$line" >/dev/null || die "$line: this system has none"
  done
  read_disk
  read_lines "$list-images.txt"
  images=()
  for line in "${lines[@]}"; do
    [[ $line =~ [^[:space:]]+ ]] && line=${BASH_REMATCH[0]} # the first word
    [[ -n ${seen[$line]-} ]] || images+=("$line")
    seen[$line]=yes
  done
  ((${#images[@]} > 0)) || die "$list-images.txt: it names no image"
  work=$(mktemp -d "$TMP/precache-$list.XXXXXXXX") || die "$TMP: no directory can be made there"
  export TMPDIR=$work
  : >"$work/outcomes" || die "$TMP: it cannot be written"
  jobs=$(nproc 2>/dev/null) || jobs=1
  ((jobs < 4)) || jobs=4
  jobs=${PRECACHE_JOBS:-$jobs}
  say "loading ${#images[@]} images from $from, $jobs at a time"
  load_all "$jobs" no "${!images[@]}"
  read_outcomes
  for number in "${!images[@]}"; do
    [[ ${outcome_of[number]:-again} != again ]] || again+=("$number")
  done
  # Alone, what failed for want of room, memory or a lock may well go.
  [[ ${#again[@]} -eq 0 ]] || load_all 1 yes "${again[@]}"
  read_outcomes
  for number in "${!images[@]}"; do
    case ${outcome_of[number]:-} in
      loaded) loaded=$((loaded + 1)) ;;
      present) present=$((present + 1)) ;;
      *) say "not loaded: ${images[number]}" ;;
    esac
  done
  failed=$((${#images[@]} - loaded - present))
  say "$list: ${#images[@]} images: $loaded loaded, $present present before, $failed failed;" \
    "$problems problems with the disk; $((SECONDS - began)) seconds"
  ((failed == 0 && problems == 0))
}

case ${1:-} in
  --clean)
    list=${2:-ai}
    rm -rf -- "$TMP/precache-$list".????????
    unmount "$list"
    ;;
  ai | ocp)
    list=$1
    main "$1" "${2:-data}"
    ;;
  *)
    say "usage: ${0##*/} ai|ocp LABEL" >&2
    exit 2
    ;;
esac
