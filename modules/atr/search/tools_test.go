package search_test

import (
	"strings"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/search"
)

// office is what somebody's servers may offer: name, +r where it only reads, description, then parameters.
const office = `
files read_text_file +r | Read the whole contents of one file as text. | path: the file to read; head: only the first lines; tail: only the last lines
files read_media_file +r | Read an image or audio file and return its bytes in base64. | path: the file
files read_multiple_files +r | Read several files at once; one that fails does not stop the others. | paths: the files to read
files write_file | Create a new file or overwrite an existing one with new content. | path: where to; content: what to write
files edit_file | Replace lines of a text file and return a diff. | path: the file; edits: old and new text; dryRun: only show the diff
files create_directory | Create a directory, with its parents. | path: the directory
files list_directory +r | List the files and directories in a directory. | path: the directory
files directory_tree +r | A recursive tree of files and directories as JSON. | path: where to begin
files move_file | Move or rename a file or a directory. | source: from; destination: to
files search_files +r | Find files whose names match a glob, recursively. | path: where to begin; pattern: the glob; excludePatterns: what to leave out
files get_file_info +r | Size, times and permissions of a file or directory. | path: the file
github create_issue | Open a new issue in a repository. | owner: account; repo: repository; title: of the issue; body: text; labels: names of labels
github list_issues +r | List the issues of a repository, filtered by state and labels. | owner: account; repo: repository; state: open or closed
github add_issue_comment | Add a comment to an issue. | owner: account; repo: repository; issue_number: which; body: text
github get_issue +r | One issue with its text. | owner: account; repo: repository; issue_number: which
github create_pull_request | Open a pull request from a branch. | owner: account; repo: repository; head: branch; base: branch; draft: not ready for review
github merge_pull_request | Merge a pull request. | owner: account; repo: repository; pull_number: which; merge_method: merge, squash or rebase
github list_commits +r | The commits of a branch, newest first. | owner: account; repo: repository; sha: branch or commit
github search_code +r | Search code over all repositories. | q: query in the search syntax; per_page: results
github fork_repository | Fork a repository to your account. | owner: account; repo: repository
github get_file_contents +r | Contents of a file or directory of a repository. | owner: account; repo: repository; path: the file; branch: which
github create_branch | Create a branch in a repository. | owner: account; repo: repository; branch: name; from_branch: base
github delete_repository | Delete a repository for good. | owner: account; repo: repository
slack post_message | Send a message to a channel. | channel_id: which; text: of the message
slack reply_to_thread | Reply to a message in its thread. | channel_id: which; thread_ts: parent; text: of the message
slack list_channels +r | List the public channels of the workspace. | limit: how many; cursor: where to go on
slack get_channel_history +r | The last messages of a channel. | channel_id: which; limit: how many
slack add_reaction | React to a message with an emoji. | channel_id: which; timestamp: message; reaction: name of the emoji
slack get_users +r | List the members of the workspace with their profiles. | limit: how many
db query +r | Run a read-only SQL query against Postgres and return rows. | sql: the statement
db execute | Run SQL that changes the database: insert, update, delete, DDL. | sql: the statement
db list_tables +r | List tables and views of a schema. | schema: which
db describe_table +r | Columns, types and indexes of a table. | table: which
db explain_query +r | The plan of a query without running it. | sql: the statement
browser navigate | Go to a URL in the browser. | url: where to
browser screenshot +r | Take a screenshot of the page or an element. | name: of the picture; selector: CSS selector; width: pixels; height: pixels
browser click | Click an element on the page. | selector: CSS selector
browser fill | Fill in an input field. | selector: CSS selector; value: what to fill in
browser evaluate | Execute JavaScript in the browser console. | script: JavaScript code
calendar list_events +r | Events of a calendar between two times. | calendarId: which; timeMin: from; timeMax: until
calendar create_event | Put a new event into a calendar and invite people. | summary: title; start: time; end: time; attendees: addresses
calendar delete_event | Remove an event from a calendar. | eventId: which; sendUpdates: tell the guests
calendar find_free_slots +r | Find times when everybody is free. | attendees: addresses; duration: minutes
mail send_email | Send an e-mail. | to: addresses; subject: line; body: text; attachments: files
mail search_emails +r | Search the mailbox. | query: in the search syntax; maxResults: how many
mail create_draft | Write a draft without sending it. | to: addresses; subject: line; body: text
mail delete_email | Delete an e-mail for good. | messageId: which
maps geocode +r | Turn an address into coordinates. | address: street and town
maps directions +r | The way from one place to another. | origin: from; destination: to; mode: driving, walking, transit
weather get_forecast +r | Weather forecast for the next days at a place. | latitude: degrees; longitude: degrees; days: how many
weather get_alerts +r | Weather warnings of a region. | state: two letters
memory create_entities | Remember new entities in the knowledge graph. | entities: names, types and observations
memory search_nodes +r | Search the knowledge graph. | query: words
memory delete_entities | Forget entities and their relations. | entityNames: which
k8s kubectl_get +r | Get Kubernetes resources: pods, services, deployments. | resourceType: kind; namespace: where
k8s kubectl_logs +r | Logs of a pod, job or deployment. | name: of the pod; namespace: where; tail: lines
k8s scaleDeployment | Set the number of replicas of a deployment. | name: of the deployment; replicas: how many
k8s kubectl_delete | Delete a resource from the cluster. | resourceType: kind; name: which
notion createPage | Create a page in a Notion database or below another page. | parent: where; properties: of the page
notion queryDatabase +r | Rows of a Notion database, filtered and sorted. | database_id: which; filter: conditions; sorts: order
time get_current_time +r | Current time in a time zone. | timezone: IANA name
time convert_time +r | Convert a time between time zones. | source_timezone: from; target_timezone: to; time: HH:MM
fetch fetch +r | Fetch a URL and return it as Markdown. | url: which; max_length: characters; raw: without simplification
sentry get_sentry_issue +r | An error of Sentry with its stack trace. | issue_id_or_url: which
stripe createRefund | Refund a charge. | charge: which; amount: cents
stripe listCustomers +r | Customers, newest first. | limit: how many; email: address
docker run_container | Start a container from an image. | image: name; ports: mapping; env: variables
docker list_containers +r | Running and stopped containers. | all: stopped ones too
音乐 播放 | 播放一首歌曲 | 歌名: 歌曲的名字
`

func tools() (all []search.Tool) {
	for line := range strings.Lines(office) {
		parts := strings.Split(strings.TrimSpace(line), " | ")
		if len(parts) < 3 {
			continue
		}
		head := strings.Fields(parts[0])
		t := search.Tool{Name: head[0] + "__" + head[1], Own: head[1], Server: head[0], Description: parts[1], ReadOnly: len(head) > 2}
		for p := range strings.SplitSeq(parts[2], "; ") {
			name, about, _ := strings.Cut(p, ": ")
			t.Params = append(t.Params, search.Param{Name: name, Description: about})
		}
		if t.Server == "stripe" {
			t.Tags = []string{"Money"}
		}
		all = append(all, t)
	}
	return all
}
