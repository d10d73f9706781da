for k in *.pem; do shred -n 7 "$k"; done
