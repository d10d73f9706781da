// Package command makes tools of plain programs. What a program is started with is a list of arguments, some of which have
// places for parameters. No shell ever sees them: a value fills exactly one argument, or a list several of them, and one
// that a program would take for an option is refused. The program has a clean environment, a bounded time and a bounded
// output, and when its call ends, nothing of it runs any more.
package command
