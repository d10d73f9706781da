package code

import (
	"strconv"
	"strings"
)

// comparison reads a bracket, a constant or a comparison. What it doesn't understand it skips, and knows nothing.
func (c *condition) comparison() truth {
	if c.next().kind == kindPunct && c.is(c.pos, "(") {
		return c.bracket()
	}
	left, constant := c.operand()
	if left == "" {
		return c.unknown()
	}
	operator := c.operator()
	if operator == "" {
		if c.ends() {
			return truthOf(left)
		}
		return c.unknown()
	}
	right, rightConstant := c.operand()
	if right == "" || !c.ends() {
		return c.unknown()
	}
	switch {
	case operator == "like":
		return likes(right)
	case constant && rightConstant:
		return compare(left, operator, right)
	case left == right && !constant && (operator == "=" || operator == "==" || operator == "<=" || operator == ">=" || operator == "is"):
		return yes
	}
	return unknown
}

func (c *condition) bracket() truth {
	if c.depth >= 64 {
		return c.unknown()
	}
	c.depth++
	c.pos++
	result := c.or()
	c.depth--
	if c.next().kind == kindPunct && c.is(c.pos, ")") {
		c.pos++
		if c.ends() {
			return result
		}
	}
	return c.unknown()
}

// ends reports whether a comparison may end here.
func (c *condition) ends() bool {
	tok := c.next()
	switch tok.kind {
	case kindEnd:
		return true
	case kindPunct:
		return c.is(c.pos, ")") || c.is(c.pos, "||") || c.is(c.pos, "&&")
	default:
	}
	switch c.word() {
	case "or", "and", "returning", "order", "limit", "group", "option":
		return true
	}
	return false
}

// unknown skips to the end of a comparison.
func (c *condition) unknown() truth {
	depth := 0
	for c.next().kind != kindEnd {
		switch {
		case depth == 0 && c.ends():
			return unknown
		case c.is(c.pos, "("):
			depth++
		case c.is(c.pos, ")"):
			depth--
		}
		c.pos++
	}
	return unknown
}

func (c *condition) operator() string {
	tok := c.next()
	if tok.kind == kindWord {
		switch c.word() {
		case "like", "ilike", "rlike":
			c.pos++
			return "like"
		case "is":
			c.pos++
			return "is"
		}
		return ""
	}
	if tok.kind != kindPunct || strings.IndexByte("=<>!", c.text[tok.start]) < 0 {
		return ""
	}
	c.pos++
	return c.text[tok.start:tok.end]
}

// truthOf returns what a value alone means as a condition.
func truthOf(value string) truth {
	if value == "true" {
		return yes
	}
	if value == "false" || value == "null" {
		return no
	}
	if number, err := strconv.ParseFloat(strings.Trim(value, "'"), 64); err == nil {
		if number != 0 {
			return yes
		}
		return no
	}
	return unknown
}

// likes reports what is known of LIKE with a pattern: one of nothing but % fits every value but NULL.
func likes(pattern string) truth {
	if len(pattern) > 2 && strings.Trim(pattern, "'%") == "" && strings.Contains(pattern, "%") {
		return yes
	}
	return unknown
}

// compare compares two constants as SQL does: as numbers where both are, or else as texts.
func compare(left, operator, right string) truth {
	order := strings.Compare(left, right)
	a, errA := strconv.ParseFloat(strings.Trim(left, "'"), 64)
	b, errB := strconv.ParseFloat(strings.Trim(right, "'"), 64)
	if errA == nil && errB == nil {
		order = 0
		if a < b {
			order = -1
		} else if a > b {
			order = 1
		}
	}
	var holds bool
	switch operator {
	case "=", "==", "is":
		holds = order == 0
	case "<>", "!=":
		holds = order != 0
	case "<":
		holds = order < 0
	case "<=":
		holds = order <= 0
	case ">":
		holds = order > 0
	case ">=":
		holds = order >= 0
	default:
		return unknown
	}
	if holds {
		return yes
	}
	return no
}
