package retry_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/retry"
)

func ExampleRetrier_Do() {
	r, err := retry.New(retry.Policy{Attempts: 3, First: time.Millisecond}, retry.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	tries := 0
	err = r.Do(context.Background(), retry.Job{
		After: func(error) (time.Duration, bool) { return 0, true },
		Try: func(context.Context) error {
			if tries++; tries < 3 {
				return errors.New("not yet")
			}
			return nil
		},
	})
	fmt.Println(tries, err)
	// Output: 3 <nil>
}
