// Package compose makes tools of tools: an operator writes down steps, one after the other, side by side, on a condition, or
// the next where one fails, and they are published as one tool. What a step is called with may come from the input and from
// the answers of steps before it; such references are checked when the composition is read. Each call of a step is a
// governed call of its own, with the arguments that it has once they are filled in, and by the same caller: a composition
// can do nothing that its caller could not do.
package compose
