// Package code looks at source code for what should not be run unseen: statements that destroy data, commands that
// destroy machines or give them away, code that is made from data, credentials that were written down, checks that were
// switched off.
//
// It never works on raw text. Shell is read by the parser of mvdan.cc/sh, JavaScript by that of tdewolff/parse, Go by
// go/parser; other languages, and what these parsers do not accept, by a lexer that tells code from string literals and
// comments, so that a comment about eval, a method called eval or exec, and a sentence about formatting drive D are no
// findings. Report.Parsed says which it was. What stands in a string literal is read in the language it is written in: SQL
// wherever a literal begins like SQL, shell where a literal is given to something that runs it, Python, JavaScript and
// others behind an interpreter's -c or -e. Before anything is read, characters that merely look like ASCII are folded to
// it (compatibility forms by NFKC, UAX #15; the Cyrillic and Greek look-alikes) and invisible ones are dropped; positions
// are always those of the text that was given.
//
// Values are followed where that is cheap: through variables, concatenation, formatting, lists, other names for functions and
// modules (imports, getattr, require, members by their name as a text), and through what undoes an encoding (base64, hex,
// rot13, reversal, code points). A shell's variables, arrays, loops, substitutions, pipes and here documents are expanded. The
// order of the text is taken for the order of execution, without branches.
//
// What strangers send is followed in Go, Python, JavaScript and TypeScript: from a request, a message, a command line or the name of an
// entry of an archive, through assignments, loops and joined texts, to where it names a file, an address or a program or is written
// into a page. A call that cleans ends that, and a check of the value counts for all that follows it within the function. What should
// not leave the machine (keys, the environment, cookies) is followed to the network in the same way.
//
// The package has limits. An answer without findings means that no rule applied, not that the code is safe. The work and
// the memory are linear in the length of the text: what is nested deeper than a parser may descend, is read as tokens, and
// what values make is bounded.
//
// Statements is for those who only ask what SQL does: its kind, what it changes, and whether a WHERE selects the rows.
package code
