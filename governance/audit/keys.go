package audit

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
)

// Keys are the public keys that heads are checked with. Order does not matter; one that signed is enough.
type Keys []*primitives.Verifier

// KeysOf returns the keys of a signer: the current one, and those it was rotated from.
func KeysOf(s *primitives.Signer) Keys {
	keys := Keys{s.Verifier()}
	for _, r := range s.Retired() {
		if v, err := primitives.ParseVerifierKey(r.Verifier); err == nil {
			keys = append(keys, v)
		}
	}
	return keys
}

// follow returns the keys with the successor that a rotation entry names, when one of the keys signed for it.
func (k Keys) follow(c *Control) (Keys, error) {
	signature, err := base64.StdEncoding.DecodeString(c.Reason)
	if err != nil {
		return k, fmt.Errorf("rotation: %w", err)
	}
	for _, key := range k {
		if key.String() != c.By {
			continue
		}
		chain, err := primitives.FollowRotation(key, []primitives.Retired{{Verifier: c.By, Signature: signature}}, c.Subject)
		if err != nil {
			return k, fmt.Errorf("rotation: %w", err)
		}
		return append(k, chain[len(chain)-1]), nil
	}
	return k, nil
}

// RotateKey signs the head with the old key, makes a new one that the old one signs, and records it, so that whoever
// trusts the old key can follow. Other processes go on with the old key until they are started again.
func (j *Journal) RotateKey(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return j.locked(func() error {
		if err := j.sign(true); err != nil {
			return err
		}
		if err := j.o.Signer.Rotate(); err != nil {
			return err
		}
		retired := j.o.Signer.Retired()
		if len(retired) == 0 {
			return errors.New("rotate key: the old key is not among the retired ones")
		}
		old := retired[len(retired)-1]
		j.note(Control{
			Action: ActionRotation, By: old.Verifier, Subject: j.o.Signer.VerifierKey(),
			Reason: base64.StdEncoding.EncodeToString(old.Signature),
		})
		j.keys = KeysOf(j.o.Signer)
		return j.writeNotes()
	})
}
