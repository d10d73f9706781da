cat /dev/zero | tee /dev/sdb
