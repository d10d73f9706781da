package standard

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/governance/audit/mirror"
	"github.com/mcp-kernel/mcp-kernel/governance/audit/siem"
	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
)

// exportDir is the folder of the data directory in which it is kept how far entries were sent.
const exportDir = "export"

// SIEMOrigin is who a program of a version says that it is to security information systems, by the key of its journal.
func SIEMOrigin(version string, s *primitives.Signer) siem.Origin {
	host, _ := os.Hostname() // nothing is lost where it has none
	return siem.Origin{Version: version, Host: host, ID: mirror.ID(s)}
}

// startExports sends entries to where the configuration says, for as long as the kernel serves: a command that ends at once leaves
// them to the next server.
func (k *Kernel) startExports(_ context.Context, o Options) error {
	if !o.Servers {
		return nil
	}
	for _, e := range k.config.Audit.Export {
		s, err := siem.Start(siem.Options{
			Journal: k.Journal, Origin: SIEMOrigin(o.Version, k.Signer), Dir: filepath.Join(k.config.DataDir, exportDir), Lease: k.State, Process: k.Journal.ProcessID(),
			Destination: siem.Destination{Name: e.Name, To: e.To, Format: siem.Format(e.Format), CA: e.CA},
			Fault:       func(err error) { k.fault("", err) }, Now: k.Now,
		})
		if err != nil {
			return err
		}
		k.own(s)
		k.exports = append(k.exports, s)
	}
	return nil
}

// exportsHealth says which destinations do not take entries. They are kept, so calls go on.
func (k *Kernel) exportsHealth() Component {
	var failing []string
	for i, s := range k.exports {
		if behind, bad := s.Behind(); bad {
			failing = append(failing, fmt.Sprintf("%s is %d entries behind", k.config.Audit.Export[i].Name, behind))
		}
	}
	if len(failing) == 0 {
		return Component{ofExports, Up, ""}
	}
	return Component{ofExports, Degraded, strings.Join(failing, "; ")}
}
