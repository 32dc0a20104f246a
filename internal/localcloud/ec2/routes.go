// Route tables, their routes and their associations with subnets: what creates and deletes them.
package ec2

import (
	"fmt"
	"hash/crc32"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

// The tokens of route tables, routes and associations.
const (
	// RouteTableType is the type of a route table.
	RouteTableType = "aws:ec2/routeTable:RouteTable"
	// RouteType is the type of a route.
	RouteType            = "aws:ec2/route:Route"
	RouteAssociationType = "aws:ec2/routeTableAssociation:RouteTableAssociation"
)

const noSuchRouteTable = "InvalidRouteTableID.NotFound: The routeTable ID '{value}' does not exist"

// routeTableTypes are the tokens of the tables that an id may name: those of programs, and the main
// table of a VPC.
var routeTableTypes = []string{RouteTableType, mainRouteTableType}

var routeDestinations = []string{"destinationCidrBlock", "destinationIpv6CidrBlock", "destinationPrefixListId"}

var routeTargets = []string{
	"gatewayId", "natGatewayId", "networkInterfaceId", "vpcEndpointId", "vpcPeeringConnectionId", "transitGatewayId",
	"egressOnlyGatewayId", "carrierGatewayId", "localGatewayId", "coreNetworkArn",
}

var _ = cloud.Register(
	cloud.Row{
		Token:    RouteTableType,
		Source:   "internal/service/ec2/vpc_route_table.go",
		Required: []string{"vpcId"},
		Replace:  []string{"vpcId"},
		ID:       cloud.Text("rtb-{hex17}"),
		Computed: map[string]cloud.Value{
			"arn": cloud.Text("arn:aws:ec2:{region}:{account}:route-table/{id}"), "ownerId": cloud.Text("{account}"),
			"propagatingVgws": cloud.Fixed([]any{}), "routes": cloud.Fixed([]any{}),
		},
		References: []cloud.Reference{
			{
				Path:    "vpcId",
				To:      cloud.One(VpcType),
				Missing: noSuchVpc,
				Blocks:  vpcInUse,
			},
			{Path: "routes.gatewayId", To: cloud.One(InternetGatewayType), Missing: noSuchGateway},
			{Path: "routes.natGatewayId", To: cloud.One(NatGatewayType), Missing: noSuchNat},
		},
		Check: networkRange("routes.cidrBlock", 0, 32),
		// The provider takes the associations off before it deletes a table; the routes go with it.
		AfterDelete: func(c *cloud.Call) error {
			RemoveWhere(c.Tx, RouteAssociationType, "routeTableId", c.ID)
			RemoveWhere(c.Tx, RouteType, "routeTableId", c.ID)
			return nil
		},
		NotReal: "Routes that are resources of their own do not appear in the output routes of the table.",
	},
	cloud.Row{
		Token:    RouteType,
		Source:   "internal/service/ec2/vpc_route.go; the form of the id: internal/service/ec2/id.go",
		Required: []string{"routeTableId"},
		Replace:  append([]string{"routeTableId"}, routeDestinations...),
		ID: func(c *cloud.Call) any {
			return fmt.Sprintf("r-%s%d", c.Str("routeTableId"), crc32.ChecksumIEEE([]byte(destinationOf(c.Str))))
		},
		Computed: map[string]cloud.Value{
			"instanceId": cloud.Fixed(""), "instanceOwnerId": cloud.Fixed(""), "networkInterfaceId": cloud.Fixed(""),
			"origin": cloud.Fixed("CreateRoute"), "state": cloud.Fixed("active"),
		},
		References: []cloud.Reference{
			{Path: "routeTableId", To: routeTableTypes, Missing: noSuchRouteTable},
			{Path: "gatewayId", To: cloud.One(InternetGatewayType), Missing: noSuchGateway},
			{Path: "natGatewayId", To: cloud.One(NatGatewayType), Missing: noSuchNat},
			{Path: "networkInterfaceId", To: cloud.One(NetworkInterfaceType), Missing: noSuchInterface},
			{
				Path:    "vpcEndpointId",
				To:      cloud.One(VpcEndpointType),
				Missing: "InvalidVpcEndpointId.NotFound: The Vpc Endpoint Id '{value}' does not exist",
			},
		},
		Check: cloud.Checks(
			cloud.ExactlyOneOf(routeDestinations...),
			cloud.ExactlyOneOf(routeTargets...),
			networkRange("destinationCidrBlock", 0, 32),
		),
		BeforeCreate: func(c *cloud.Call) error {
			for _, other := range c.Tx.All(RouteType) {
				if other.Str("routeTableId") == c.Str("routeTableId") &&
					destinationOf(other.Str) == destinationOf(c.Str) {
					return cloud.Errorf(
						"RouteAlreadyExists: The route identified by %s already exists.",
						destinationOf(c.Str),
					)
				}
			}
			return nil
		},
		NotReal: "A route stays active when its target goes; AWS makes it a blackhole. Peering, transit and carrier " +
			"gateways are not checked.",
	},
	cloud.Row{
		Token:    RouteAssociationType,
		Source:   "internal/service/ec2/vpc_route_table_association.go",
		Required: []string{"routeTableId"},
		Replace:  []string{"gatewayId", "subnetId"},
		ID:       cloud.Text("rtbassoc-{hex17}"),
		References: []cloud.Reference{
			{Path: "routeTableId", To: routeTableTypes, Missing: noSuchRouteTable},
			{Path: "subnetId", To: cloud.One(SubnetType), Missing: noSuchSubnet},
		},
		Check: cloud.ExactlyOneOf("subnetId", "gatewayId"),
		BeforeCreate: func(c *cloud.Call) error {
			for _, other := range c.Tx.All(RouteAssociationType) {
				if subnet := c.Str("subnetId"); subnet != "" && other.Str("subnetId") == subnet {
					return cloud.Errorf(
						"Resource.AlreadyAssociated: the specified association for route table %s conflicts with an "+
							"existing association",
						c.Str("routeTableId"),
					)
				}
			}
			return nil
		},
		NotReal: "Another table keeps the id of the association; AWS gives a new one.",
	},
)

const (
	noSuchGateway = "InvalidGatewayID.NotFound: The gateway ID '{value}' does not exist"
	noSuchNat     = "InvalidNatGatewayID.NotFound: The natGateway ID '{value}' does not exist"
)

// destinationOf returns the destination of a route, in whichever of its three forms it is given.
func destinationOf(str func(string) string) string {
	for _, path := range routeDestinations {
		if destination := str(path); destination != "" {
			return destination
		}
	}
	return ""
}
