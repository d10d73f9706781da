// Package tokens counts tokens off the path of a call. A call is charged an upper bound, the number of bytes, before it
// runs; a worker that takes a small share of one core counts afterwards with the vocabulary of cl100k_base, and hands the
// difference back to whoever keeps the budget. The vocabulary is a file in the binary that is looked up where it lies:
// nothing is loaded and no network is used. Every queue is bounded: when it is full, the bound stands as the charge.
// Counting makes no garbage, texts wait in buffers that are used again, and nothing of a text is kept once it is counted.
package tokens
