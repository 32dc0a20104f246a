// How aws.lambda.Invocation calls a function, and which input the function gets.
package lambda

import (
	"encoding/json"
	"fmt"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

// invokeFor calls the function with the input, as the provider does. Under the scope CRUD the input
// contains the action. The lock is released meanwhile, because the function may call the cloud.
func invokeFor(action string) cloud.Precondition {
	return func(c *cloud.Call) error {
		function := functionNamed(c.Tx, c.Str("functionName"))
		if function == nil {
			return fmt.Errorf(
				"invoking Lambda Function (%s): ResourceNotFoundException: Function not found: %s",
				c.Str("functionName"),
				c.Expand("arn:aws:lambda:{region}:{account}:function:")+FunctionName(c.Str("functionName")),
			)
		}
		payload, err := invocationPayload(c, action)
		if err != nil {
			return err
		}
		c.Set("result", "{}")
		if run := c.Cloud.Function; run != nil {
			var answer string
			c.Tx.Paused(func() { answer, err = run(function.ID, payload) })
			if err != nil {
				return fmt.Errorf("invoking Lambda Function (%s): %w", c.Str("functionName"), err)
			}
			c.Set("result", answer)
		}
		return nil
	}
}

// invocationPayload returns the input, under CRUD with the action and the previous input.
func invocationPayload(c *cloud.Call, action string) (string, error) {
	text := c.Str("input")
	if c.Str("lifecycleScope") != "CRUD" {
		return text, nil
	}
	input, before := map[string]any{}, map[string]any(nil)
	if err := json.Unmarshal([]byte(text), &input); err != nil {
		return "", fmt.Errorf("Lambda Invocation input transformation failed: %w", err)
	}
	previous := c.OldStr("input")
	if action == "delete" {
		previous = text
	}
	if previous != "" {
		if err := json.Unmarshal([]byte(previous), &before); err != nil {
			return "", fmt.Errorf("Lambda Invocation input transformation failed: %w", err)
		}
	}
	input[c.Str("terraformKey")] = map[string]any{"action": action, "prev_input": before}
	payload, err := json.Marshal(input)
	return string(payload), err
}
