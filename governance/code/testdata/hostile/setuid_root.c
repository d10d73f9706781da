int main(void) { setuid(0); seteuid(0); return 0; }
