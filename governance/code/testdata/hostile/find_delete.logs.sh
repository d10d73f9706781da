find /var/log -type f -exec rm -f {} \;
