// Invocations: how the provider calls a function, and what it makes of the input.
package localcloud

import (
	"encoding/json"
	"fmt"
)

// invokeFor calls the function with the input, as the provider does; under the scope CRUD the
// input says what is being done. The lock is given back meanwhile: the function may ask the cloud.
func invokeFor(action string) judgement {
	return func(c *call) error {
		function := c.tx.functionNamed(c.str("functionName"))
		if function == nil {
			return fmt.Errorf(
				"invoking Lambda Function (%s): ResourceNotFoundException: Function not found: %s",
				c.str("functionName"),
				c.expand("arn:aws:lambda:{region}:{account}:function:")+functionName(c.str("functionName")),
			)
		}
		payload, err := invocationPayload(c, action)
		if err != nil {
			return err
		}
		c.set("result", "{}")
		if run := c.cloud.Function; run != nil {
			var answer string
			c.tx.paused(func() { answer, err = run(function.ID, payload) })
			if err != nil {
				return fmt.Errorf("invoking Lambda Function (%s): %w", c.str("functionName"), err)
			}
			c.set("result", answer)
		}
		return nil
	}
}

// invocationPayload is the input; under CRUD with the action and the input before.
func invocationPayload(c *call, action string) (string, error) {
	text := c.str("input")
	if c.str("lifecycleScope") != "CRUD" {
		return text, nil
	}
	input, before := map[string]any{}, map[string]any(nil)
	if err := json.Unmarshal([]byte(text), &input); err != nil {
		return "", fmt.Errorf("Lambda Invocation input transformation failed: %w", err)
	}
	previous := c.was("input")
	if action == "delete" {
		previous = text
	}
	if previous != "" {
		if err := json.Unmarshal([]byte(previous), &before); err != nil {
			return "", fmt.Errorf("Lambda Invocation input transformation failed: %w", err)
		}
	}
	input[c.str("terraformKey")] = map[string]any{"action": action, "prev_input": before}
	payload, err := json.Marshal(input)
	return string(payload), err
}
