// STS over the wire. Source: STS API reference, GetCallerIdentity.
package awsapi

import (
	"encoding/xml"
	"net/http"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

var _ = RegisterOperations("sts", map[string]Operation{"GetCallerIdentity": getCallerIdentity})

var _ = cloud.RegisterInvokes(map[string]cloud.Invoke{
	"aws:index/getCallerIdentity:" +
		"getCallerIdentity": func(tx *cloud.Tx, _ resource.PropertyMap) (map[string]any, error) {
		return map[string]any{
			"id": tx.Cloud.Account, "accountId": tx.Cloud.Account, "userId": "AROAEXAMPLE:rehearsal",
			"arn": "arn:aws:sts::" + tx.Cloud.Account + ":assumed-role/rehearsal/rehearsal",
		}, nil
	},
})

// getCallerIdentity needs no permission, and no policy can deny it.
func getCallerIdentity(in *Request, w http.ResponseWriter) *Error {
	c := in.Cloud
	c.Update(func(tx *cloud.Tx) { in.Note(tx, "sts:GetCallerIdentity", "", true) })
	type result struct{ Arn, UserId, Account string }
	WriteXML(w, http.StatusOK, in.HTTP.Method, struct {
		XMLName   xml.Name `xml:"https://sts.amazonaws.com/doc/2011-06-15/ GetCallerIdentityResponse"`
		Result    result   `xml:"GetCallerIdentityResult"`
		RequestId string   `xml:"ResponseMetadata>RequestId"`
	}{
		Result: result{
			Arn:     in.Caller.arn(c.Account),
			UserId:  in.Caller.RoleUniqueID + ":" + in.Caller.Name,
			Account: c.Account,
		},
		RequestId: in.id,
	})
	return nil
}
