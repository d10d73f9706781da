git push https://x:github_pat_11ABCDEFG0abcdefghijklm_nopqrstuvwxyz0123456789@github.com/a/b
