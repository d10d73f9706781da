package policy

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	"github.com/goccy/go-yaml/ast"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/rules"
)

// rules reads Cedar: as a text, or as the name of a file beside the policy's own.
func (r *record) rules(path string, node ast.Node) {
	members, isRecord := mapping(node)
	if !isRecord {
		text, ok := r.text(path, node)
		if ok {
			r.policy.Rules = r.inline(node, text)
		}
		return
	}
	seen := r.fields(path+".", "file", members, r.rulesFile)
	if !seen["file"] {
		r.fault(place(node), path, `missing file: write "rules: {file: rules.cedar}", or the rules themselves behind "rules: |"`)
	}
}

// inline is the source of rules that are written in the policy file. Of a block the places of all its lines are known, of
// any other text that of its beginning.
func (r *record) inline(node ast.Node, text string) rules.Source {
	at := place(node)
	s := rules.Source{File: r.decoder.file, Text: text, Start: rules.Position{Line: at.Line, Column: at.Column}}
	if block, ok := node.(*ast.LiteralNode); ok {
		line, indent := r.decoder.blockAt(block)
		s.Start, s.Indent = rules.Position{Line: line, Column: indent + 1}, indent
	} else if strings.HasPrefix(node.GetToken().Origin, `"`) || strings.Contains(node.GetToken().Origin, `'`) {
		s.Start.Column++ // behind the quote
	}
	return s
}

// blockAt returns the line on which the text of a block begins, and by how many spaces it is indented.
func (d *decoder) blockAt(block *ast.LiteralNode) (line, indent int) {
	line = position(block.Start).Line + 1
	for i := line - 1; i >= 0 && i < len(d.lines); i++ {
		text := d.lines[i]
		if trimmed := strings.TrimLeft(text, " "); strings.TrimSpace(trimmed) != "" {
			return line, len(text) - len(trimmed)
		}
	}
	return line, 0
}

// rulesFile reads the file of rules that the policy names. It must lie in the folder of the policy's own file, or below.
func (r *record) rulesFile(path, _ string, value ast.Node) {
	name, ok := r.text(path, value)
	if !ok {
		return
	}
	switch {
	case !r.decoder.files:
		r.fault(place(value), path, "a file beside this one cannot be read here: write the rules themselves behind \"rules: |\"")
		return
	case !filepath.IsLocal(filepath.FromSlash(name)):
		r.fault(place(value), path, fmt.Sprintf("%q is not within the folder of this file: name one that is", shown(name)))
		return
	}
	file := filepath.Join(filepath.Dir(r.decoder.file), filepath.FromSlash(name))
	info, err := os.Stat(file)
	if err == nil && info.Size() > rules.MaxBytes {
		err = fmt.Errorf("%s has %d bytes: at most %d are read", file, info.Size(), rules.MaxBytes)
	}
	var data []byte
	if err == nil {
		data, err = read(file)
	}
	if err != nil {
		r.fault(place(value), path, fmt.Sprintf("the rules cannot be read: %v", err))
		return
	}
	r.policy.Rules = rules.Source{File: file, Text: strings.TrimPrefix(string(data), "\ufeff")}
}

func (w *writer) rules(p *governance.Policy) {
	text := p.Rules.Text
	if text == "" {
		return
	}
	if !asBlock(text) {
		w.field("rules", quoted(text))
		return
	}
	w.WriteString("  rules: |")
	if !strings.HasSuffix(text, "\n") {
		w.WriteString("-")
	}
	w.WriteString("\n")
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if line != "" {
			w.WriteString("    ")
		}
		w.WriteString(line + "\n")
	}
}

// asBlock reports whether a text can be written as a block and is read back as it is: printable lines, the first of which
// begins at the margin, and none but the last of which is empty at the end.
func asBlock(text string) bool {
	if strings.TrimSpace(text) == "" || strings.HasPrefix(text, "\n") || strings.HasPrefix(text, " ") || strings.HasSuffix(text, "\n\n") {
		return false
	}
	if strings.Count(text, "\n\n\n") > 0 {
		return false
	}
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if strings.TrimRight(line, " ") != line || !printable(line) {
			return false
		}
	}
	return true
}

func printable(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) })
}
