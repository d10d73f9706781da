package code

import (
	"fmt"
	"path"
	"strings"
)

// Language names a language that can be examined, in small letters. The zero value is none.
type Language string

// The languages.
const (
	C          Language = "c" // and C++
	Dockerfile Language = "dockerfile"
	Go         Language = "go"
	Java       Language = "java"
	JavaScript Language = "javascript"
	PHP        Language = "php"
	Python     Language = "python"
	Ruby       Language = "ruby"
	Rust       Language = "rust"
	Shell      Language = "shell"
	SQL        Language = "sql"
	Text       Language = "text" // prose: only credentials are looked for
	TypeScript Language = "typescript"
	YAML       Language = "yaml"
)

// Languages returns the languages that can be examined, sorted. The caller owns the slice.
func Languages() []Language {
	return []Language{C, Dockerfile, Go, Java, JavaScript, PHP, Python, Ruby, Rust, Shell, SQL, Text, TypeScript, YAML}
}

// ParseLanguage returns the language of a name, an alias or a usual file extension, in any case. Of an unknown one it
// returns an error that lists the languages and wraps ErrUnknownLanguage.
func ParseLanguage(name string) (Language, error) {
	switch strings.ToLower(strings.TrimSpace(name)) {
	case "c", "c++", "cpp", "cc", "cxx", "h", "hpp", "hh":
		return C, nil
	case "dockerfile", "docker", "containerfile":
		return Dockerfile, nil
	case "go", "golang":
		return Go, nil
	case "java":
		return Java, nil
	case "javascript", "js", "jsx", "mjs", "cjs", "node", "nodejs", "ecmascript":
		return JavaScript, nil
	case "php", "php5", "php7", "php8", "phtml":
		return PHP, nil
	case "python", "py", "python2", "python3", "pyw", "pyi":
		return Python, nil
	case "ruby", "rb", "rake", "gemspec":
		return Ruby, nil
	case "rust", "rs":
		return Rust, nil
	case "shell", "sh", "bash", "zsh", "ksh", "dash", "fish", "console", "terminal", "bat", "cmd":
		return Shell, nil
	case "sql", "mysql", "postgres", "postgresql", "sqlite", "plsql", "plpgsql", "tsql", "mariadb":
		return SQL, nil
	case "text", "txt", "plain", "plaintext", "plain text", "markdown", "md", "log":
		return Text, nil
	case "typescript", "ts", "tsx", "mts", "cts":
		return TypeScript, nil
	case "yaml", "yml":
		return YAML, nil
	}
	return "", fmt.Errorf("%w %.40q: want one of %v, or none for detection", ErrUnknownLanguage, name, Languages())
}

// languageOfFile returns the language that a file's name tells, or "".
func languageOfFile(name string) Language {
	base := strings.ToLower(path.Base(strings.ReplaceAll(name, `\`, "/")))
	if strings.HasPrefix(base, "dockerfile") || strings.HasPrefix(base, "containerfile") {
		return Dockerfile
	}
	switch base {
	case "rakefile", "gemfile":
		return Ruby
	case "makefile", ".bashrc", ".profile", ".zshrc", ".env":
		return Shell
	}
	l, err := ParseLanguage(strings.TrimPrefix(path.Ext(base), "."))
	if err != nil {
		return ""
	}
	return l
}

// LanguageOf returns the language that a file's name or the beginning of its text tells for certain, by its extension or
// its first line; "" when neither does.
func LanguageOf(filename, text string) Language {
	if l := languageOfFile(filename); l != "" {
		return l
	}
	return shebang(text)
}
