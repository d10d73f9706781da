#!/bin/sh
STEAMROOT="$(cd "${0%/*}" && echo $PWD)"
/bin/r"m" -r -f ${IFS}/ # everything
