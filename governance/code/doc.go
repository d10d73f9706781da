// Package code looks at source code for what should not be run unseen: statements that destroy data, commands that
// destroy machines, code that is made from data, credentials that were written down, checks that were switched off.
//
// It works on tokens, never on raw text: a lexer for each language tells code from string literals and comments, so
// that a comment about eval, a method called eval or exec, and a sentence about formatting drive D are no findings.
// What stands in a string literal is read in the language it is written in: SQL wherever a literal begins like SQL,
// shell where a literal is given to something that runs it, Python, JavaScript and others behind an interpreter's -c or
// -e. Literals that are joined by the language's concatenation are read as one. Before anything is read, characters
// that merely look like ASCII are folded to it (compatibility forms by NFKC, UAX #15; the Cyrillic and Greek look-alikes)
// and invisible ones are dropped; positions are always those of the text that was given.
//
// It has limits, and says so. Only Go is read by a real parser, and Report.Parsed is true only where that parser
// accepted the text; everything else is lexed, values are not followed through variables, and code that is assembled at
// run time is reported for being assembled, not for what it does. An answer without findings means that no rule applied, not
// that the code is safe. The work is linear in the length of the text.
package code
