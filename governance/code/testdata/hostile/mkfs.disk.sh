if [ -b "$1" ]; then
  mkfs.xfs -f "$1"
fi
