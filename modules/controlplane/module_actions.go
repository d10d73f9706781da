package controlplane

import (
	"context"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance/code"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// actionTools are the actions of kernel_execute. They are listed in the profile "files" and callable in every profile,
// as policy allows.
func (m *Module) actionTools() []tools.Tool {
	const shown = tools.ProfileFiles
	return []tools.Tool{
		tools.Func(spec("file_read", "Read a file", "Returns a whole file inside a configured root, as text or base64.", reads(shown)), m.fileRead),
		tools.Func(spec("file_write", "Write a file", "Makes, replaces or appends to a file inside a configured root. The file changes whole or not at all.", destroys(shown)), m.fileWrite),
		tools.Func(spec("file_list", "List a directory", "Lists a directory inside a configured root, by name.", reads(shown)), m.fileList),
		tools.Func(spec("file_delete", "Delete a file", "Deletes a file, a link or an empty directory inside a configured root.", destroys(shown)), m.fileDelete),
		tools.Func(spec("vfs_read", "Read memory", "Returns an entry of your memory, such as /mem/working/plan.md.", reads(shown)), m.vfsRead),
		tools.Func(spec("vfs_write", "Write memory", "Writes an entry of your memory, below /mem/working/ or /mem/notes/.", destroys(shown)), m.vfsWrite),
		tools.Func(spec("vfs_list", "List memory", "Lists the entries of your memory below a path.", reads(shown)), m.vfsList),
		tools.Func(spec("vfs_delete", "Delete memory", "Deletes an entry of your memory.", destroys(shown)), m.vfsDelete),
	}
}

type filePath struct {
	Path string `json:"path" minLength:"1" maxLength:"4096" doc:"root:path, as in work:notes/a.txt; the root may be left out when there is one"`
}

func (m *Module) fileRead(ctx context.Context, _ *tools.Request, q filePath) (File, error) {
	f, err := m.files.Read(ctx, q.Path)
	return f, expose(err)
}

type fileContent struct {
	Path     string `json:"path" minLength:"1" maxLength:"4096" doc:"root:path, as in work:notes/a.txt"`
	Content  string `json:"content"`
	Encoding string `json:"encoding,omitempty" enum:"utf-8,base64" default:"utf-8"`
	Mode     string `json:"mode,omitempty" enum:"create,overwrite,append" default:"create"`
	IfSHA256 string `json:"if_sha256,omitempty" doc:"write only if this is the digest of what is there"`
}

func (m *Module) fileWrite(ctx context.Context, _ *tools.Request, q fileContent) (File, error) {
	f, err := m.files.Write(ctx, Write{
		Path: q.Path, Content: q.Content, Encoding: q.Encoding, Mode: WriteMode(or(q.Mode, string(Create))), IfSHA256: q.IfSHA256,
	})
	return f, expose(err)
}

type listQuestion struct {
	Path  string `json:"path" maxLength:"4096" doc:"directory"`
	After string `json:"after,omitempty" doc:"next of the page before"`
	Limit int    `json:"limit,omitempty" min:"1" max:"1000" default:"200"`
}

type fileListing struct {
	Items []Item `json:"items"`
	Next  string `json:"next,omitempty" doc:"give it as after; absent at the end"`
}

func (m *Module) fileList(ctx context.Context, _ *tools.Request, q listQuestion) (fileListing, error) {
	items, more, err := m.files.List(ctx, q.Path, q.After, limitOf(q))
	listing := fileListing{Items: items}
	if more {
		listing.Next = baseName(items[len(items)-1].Path)
	}
	return listing, expose(err)
}

func limitOf(q listQuestion) int {
	if q.Limit == 0 {
		const usual = 200
		return usual
	}
	return q.Limit
}

type deleted struct {
	Path string `json:"path" doc:"what was deleted"`
}

func (m *Module) fileDelete(ctx context.Context, _ *tools.Request, q filePath) (deleted, error) {
	path, err := m.files.Delete(ctx, q.Path)
	return deleted{Path: path}, expose(err)
}

type entryPath struct {
	Path string `json:"path" minLength:"1" maxLength:"512" doc:"as in /mem/working/plan.md"`
}

func (m *Module) vfsRead(ctx context.Context, r *tools.Request, q entryPath) (Entry, error) {
	e, err := m.vfs.Read(ctx, r.Caller().Identity(), q.Path)
	return e, expose(err)
}

type entryContent struct {
	Path     string `json:"path" minLength:"1" maxLength:"512" doc:"below /mem/working/ or /mem/notes/"`
	Content  string `json:"content"`
	Encoding string `json:"encoding,omitempty" enum:"utf-8,base64" default:"utf-8"`
	IfETag   string `json:"if_etag,omitempty" doc:"write only over this version; none: only if there is no entry"`
	TTL      string `json:"ttl,omitempty" doc:"how long it is kept, as in 24h; for ever when left out"`
}

func (m *Module) vfsWrite(ctx context.Context, r *tools.Request, q entryContent) (Entry, error) {
	ttl, err := time.ParseDuration(or(q.TTL, "0s"))
	if err != nil {
		return Entry{}, tools.Fail(Invalid, "ttl must be a duration such as 24h", err)
	}
	e, err := m.vfs.Write(ctx, r.Caller().Identity(), Put{
		Path: q.Path, Content: q.Content, Encoding: q.Encoding, IfETag: q.IfETag, TTL: ttl,
	})
	return e, expose(err)
}

type entryListing struct {
	Entries []Entry `json:"entries"`
	Next    string  `json:"next,omitempty" doc:"give it as after; absent at the end"`
}

func (m *Module) vfsList(ctx context.Context, r *tools.Request, q listQuestion) (entryListing, error) {
	entries, more, err := m.vfs.List(ctx, r.Caller().Identity(), or(q.Path, "/"), q.After, limitOf(q))
	listing := entryListing{Entries: entries}
	if more {
		listing.Next = entries[len(entries)-1].Path
	}
	return listing, expose(err)
}

func (m *Module) vfsDelete(ctx context.Context, r *tools.Request, q entryPath) (deleted, error) {
	path, err := m.vfs.Delete(ctx, r.Caller().Identity(), q.Path)
	return deleted{Path: path}, expose(err)
}

type codeQuestion struct {
	Code        string `json:"code" maxLength:"16777216"`
	Language    string `json:"language,omitempty" maxLength:"40" doc:"python, javascript, go, sh, sql, …; detected when left out"`
	Filename    string `json:"filename,omitempty" maxLength:"1024" doc:"its extension helps to detect the language"`
	MinSeverity string `json:"min_severity,omitempty" enum:"low,medium,high,critical"`
}

func (m *Module) verifyCode(ctx context.Context, _ *tools.Request, q codeQuestion) (codeAnswer, error) {
	var o code.Options
	if q.MinSeverity != "" {
		if err := o.MinSeverity.UnmarshalText([]byte(q.MinSeverity)); err != nil {
			return codeAnswer{}, err
		}
	}
	report, err := m.checker.Check(ctx, code.Source{Code: q.Code, Language: q.Language, Filename: q.Filename}, o)
	if err != nil {
		return codeAnswer{}, exposeCode(err)
	}
	return answerOf(report), nil
}
