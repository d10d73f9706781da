#!/bin/bash
day=$(date +%F)
pg_dump "$DATABASE_URL" | gzip > "/backup/$day.sql.gz"
dd if=/dev/urandom of=key.bin bs=32 count=1
ls -1t /backup | tail -n +8 | while read -r old; do rm "/backup/$old"; done
