#include <stdio.h>
#include <stdlib.h>

/* system("rm -rf /") is only a comment */
struct node { int value; struct node *next; };

static int exec(struct node *n) { return n->value; }

int main(void) {
    struct node n = {'x', NULL};
    printf("%d eval(%c)\n", exec(&n), '\'');
    return 0;
}
