package intent

import "strings"

// documents judges a text of a query language that is no SQL: of MongoDB, Redis, Elasticsearch, Cypher, GraphQL.
func (a *analysis) documents(text string, at int) {
	small := strings.ToLower(text[:min(len(text), 4096)])
	dense := strings.ReplaceAll(strings.ReplaceAll(small, " ", ""), "\n", "")
	end := at + len(text)
	switch {
	case strings.Contains(dense, ".dropdatabase("), strings.Contains(dense, ".drop()"), strings.Contains(dense, "deletemany({})"), strings.Contains(dense, ".remove({})"), strings.Contains(dense, ".drop({"), strings.Contains(dense, "dropcollection("):
		a.add(DestructiveData, 0.96, "drops_collection", at, end)
	case strings.Contains(small, "detach delete") && !strings.Contains(small, "where") && !strings.Contains(small, "{"), strings.Contains(dense, "_delete_by_query") && strings.Contains(dense, "match_all"):
		a.add(DestructiveData, 0.93, "deletes_all_documents", at, end)
	case strings.HasPrefix(small, "flushall"), strings.HasPrefix(small, "flushdb"), strings.HasPrefix(small, "config set"):
		a.redis(small)
	case hasPart(dense, ".grantrolestouser(|.createuser(|.updateuser(|adminrole"):
		a.add(PrivilegeEscalation, 0.88, "grants_role", at, end)
	case strings.Contains(dense, "db.shutdownserver("):
		a.add(SystemModification, 0.93, "stops_server", at, end)
	case hasPart(dense, ".insertone(|.insertmany(|.updateone(|.updatemany(|.deleteone(|.replaceone(|.save(|.deletemany({"):
		a.add(DataWrite, 0.86, "writes_documents", at, end)
	case strings.HasPrefix(small, "match (") || strings.HasPrefix(small, "match("):
		a.cypher(small, at, end)
	case hasPart(dense, ".find(|.findone(|.aggregate(|.countdocuments(|.distinct("):
		a.add(DataRead, 0.88, "reads_documents", at, end)
	case strings.HasPrefix(dense, "mutation"):
		a.add(DataWrite, 0.7, "mutates", at, end)
	case strings.HasPrefix(dense, "query{"), strings.HasPrefix(dense, "query(") && strings.Contains(dense, "){"):
		a.add(DataRead, 0.85, "queries", at, end)
	}
}

// cypher judges a query of a graph.
func (a *analysis) cypher(small string, at, end int) {
	switch {
	case hasPart(small, " delete | delete\n| set | create | merge | remove ") || strings.Contains(small, "delete "):
		a.add(DataWrite, 0.8, "writes_graph", at, end)
	default:
		a.add(DataRead, 0.88, "reads_graph", at, end)
	}
}
