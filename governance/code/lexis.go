package code

// quoting says how a quote character is read.
type quoting uint8

const (
	quoteNone     quoting = iota // an operator
	quoteLine                    // a string that ends with its line
	quoteLong                    // a string that may span lines
	quoteRaw                     // a string that may span lines, without escapes
	quoteDoubled                 // a string that may span lines, in which the quote is written twice
	quoteName                    // an identifier
	quoteChar                    // one character; the quote means something else too
	quoteCommand                 // a command that a shell runs
	quoteTemplate                // a string that may span lines, with ${code} in it
)

// A lexis is what the lexer has to know of a language.
type lexis struct {
	single, double, back quoting

	hash, slashes, dashes, blocks, nested bool // comments: # // -- /* */, these within each other

	triple    bool   // three quotes make a long string
	prefixes  string // letters that may stand before a quote
	formatted byte   // the prefix, in lower case, with which {code} may stand in a string
	hashHole  bool   // "#{code}" may stand in a double-quoted string
	patterns  bool   // /regular expressions/
	hashRaw   bool   // r#"raw"#
	parenRaw  bool   // R"x(raw)x"
	heredoc   string // what starts one: "<<" or "<<<"
	percent   bool   // %q(literals)
	embedded  bool   // code stands between <?php and ?>
	sql       bool   // words of SQL, # starts a comment only before a blank
}

// lexisOf returns the lexis of a language that the general lexer reads.
func lexisOf(l Language) lexis {
	c := lexis{single: quoteLine, double: quoteLine, slashes: true, blocks: true}
	switch l {
	case Python:
		return lexis{single: quoteLine, double: quoteLine, hash: true, triple: true, prefixes: "rbufRBUFtT", formatted: 'f'}
	case JavaScript, TypeScript:
		c.back, c.patterns = quoteTemplate, true
	case Go:
		c.single, c.back = quoteChar, quoteRaw
	case Java:
		c.single, c.triple = quoteChar, true
	case C:
		c.single, c.prefixes, c.parenRaw = quoteChar, "LuUR8", true
	case Rust:
		c.single, c.double, c.nested, c.prefixes, c.hashRaw = quoteChar, quoteLong, true, "brc", true
	case Ruby:
		return lexis{single: quoteLong, double: quoteLong, back: quoteCommand, hash: true, hashHole: true, patterns: true, heredoc: "<<", percent: true}
	case PHP:
		c.single, c.double, c.back, c.hash, c.heredoc, c.embedded = quoteLong, quoteLong, quoteCommand, true, "<<<", true
	case SQL:
		return lexis{single: quoteDoubled, double: quoteName, back: quoteName, hash: true, dashes: true, blocks: true, nested: true, sql: true}
	default: // text: no literals that could swallow what follows
		return lexis{single: quoteNone, double: quoteLine, back: quoteNone}
	}
	return c
}
