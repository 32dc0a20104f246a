// STS over the wire. Source: STS API reference, GetCallerIdentity.
package localcloud

import (
	"encoding/xml"
	"net/http"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

var _ = registerOperations("sts", map[string]operation{"GetCallerIdentity": getCallerIdentity})

var _ = registerInvokes(map[string]invoke{
	"aws:index/getCallerIdentity:getCallerIdentity": func(tx *Tx, _ resource.PropertyMap) (map[string]any, error) {
		return map[string]any{
			"id": tx.cloud.Account, "accountId": tx.cloud.Account, "userId": "AROAEXAMPLE:rehearsal",
			"arn": "arn:aws:sts::" + tx.cloud.Account + ":assumed-role/rehearsal/rehearsal",
		}, nil
	},
})

// getCallerIdentity needs no permission, and no policy can deny it.
func getCallerIdentity(in *wireRequest, w http.ResponseWriter) *apiError {
	c := in.cloud
	c.Update(func(tx *Tx) { in.note(tx, "sts:GetCallerIdentity", "", true) })
	type result struct{ Arn, UserId, Account string }
	writeXML(w, http.StatusOK, in.http.Method, struct {
		XMLName   xml.Name `xml:"https://sts.amazonaws.com/doc/2011-06-15/ GetCallerIdentityResponse"`
		Result    result   `xml:"GetCallerIdentityResult"`
		RequestId string   `xml:"ResponseMetadata>RequestId"`
	}{
		Result: result{
			Arn:     in.caller.arn(c.Account),
			UserId:  in.caller.unique + ":" + in.caller.name,
			Account: c.Account,
		},
		RequestId: in.id,
	})
	return nil
}
