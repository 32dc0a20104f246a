// Route tables, their routes, and the subnets that they are for.
package localcloud

import (
	"fmt"
	"hash/crc32"
)

const (
	routeTableType       = "aws:ec2/routeTable:RouteTable"
	routeType            = "aws:ec2/route:Route"
	routeAssociationType = "aws:ec2/routeTableAssociation:RouteTableAssociation"
)

const noSuchRouteTable = "InvalidRouteTableID.NotFound: The routeTable ID '{value}' does not exist"

// anyRouteTable are the tables that an id may name: the program's, and a VPC's main table.
var anyRouteTable = []string{routeTableType, mainRouteTableType}

var routeDestinations = []string{"destinationCidrBlock", "destinationIpv6CidrBlock", "destinationPrefixListId"}

var routeTargets = []string{
	"gatewayId", "natGatewayId", "networkInterfaceId", "vpcEndpointId", "vpcPeeringConnectionId", "transitGatewayId",
	"egressOnlyGatewayId", "carrierGatewayId", "localGatewayId", "coreNetworkArn",
}

var _ = register(
	row{
		token:    routeTableType,
		source:   "internal/service/ec2/vpc_route_table.go",
		required: []string{"vpcId"},
		replace:  []string{"vpcId"},
		id:       text("rtb-{hex17}"),
		computed: map[string]value{
			"arn": text("arn:aws:ec2:{region}:{account}:route-table/{id}"), "ownerId": text("{account}"),
			"propagatingVgws": fixed([]any{}), "routes": fixed([]any{}),
		},
		references: []reference{
			{
				path:    "vpcId",
				to:      one(vpcType),
				missing: noSuchVpc,
				blocks:  vpcInUse,
			},
			{path: "routes.gatewayId", to: one(internetGatewayType), missing: noSuchGateway},
			{path: "routes.natGatewayId", to: one(natGatewayType), missing: noSuchNat},
		},
		check: networkRange("routes.cidrBlock", 0, 32),
		// The provider takes the associations off before it deletes a table; the routes go with it.
		afterDelete: func(c *call) error {
			c.tx.dropWhere(routeAssociationType, "routeTableId", c.id)
			c.tx.dropWhere(routeType, "routeTableId", c.id)
			return nil
		},
		notReal: "Routes made beside the table do not show in its output routes.",
	},
	row{
		token:    routeType,
		source:   "internal/service/ec2/vpc_route.go; the form of the id: internal/service/ec2/id.go",
		required: []string{"routeTableId"},
		replace:  append([]string{"routeTableId"}, routeDestinations...),
		id: func(c *call) any {
			return fmt.Sprintf("r-%s%d", c.str("routeTableId"), crc32.ChecksumIEEE([]byte(destinationOf(c.str))))
		},
		computed: map[string]value{
			"instanceId": fixed(""), "instanceOwnerId": fixed(""), "networkInterfaceId": fixed(""),
			"origin": fixed("CreateRoute"), "state": fixed("active"),
		},
		references: []reference{
			{path: "routeTableId", to: anyRouteTable, missing: noSuchRouteTable},
			{path: "gatewayId", to: one(internetGatewayType), missing: noSuchGateway},
			{path: "natGatewayId", to: one(natGatewayType), missing: noSuchNat},
			{path: "networkInterfaceId", to: one(networkInterfaceType), missing: noSuchInterface},
			{
				path:    "vpcEndpointId",
				to:      one(vpcEndpointType),
				missing: "InvalidVpcEndpointId.NotFound: The Vpc Endpoint Id '{value}' does not exist",
			},
		},
		check: checks(
			exactlyOneOf(routeDestinations...),
			exactlyOneOf(routeTargets...),
			networkRange("destinationCidrBlock", 0, 32),
		),
		beforeCreate: func(c *call) error {
			for _, other := range c.tx.all(routeType) {
				if other.str("routeTableId") == c.str("routeTableId") &&
					destinationOf(other.str) == destinationOf(c.str) {
					return errorf(
						"RouteAlreadyExists: The route identified by %s already exists.",
						destinationOf(c.str),
					)
				}
			}
			return nil
		},
		notReal: "A route stays active when its target goes; AWS makes it a blackhole. Peering, transit and carrier " +
			"gateways are not checked.",
	},
	row{
		token:    routeAssociationType,
		source:   "internal/service/ec2/vpc_route_table_association.go",
		required: []string{"routeTableId"},
		replace:  []string{"gatewayId", "subnetId"},
		id:       text("rtbassoc-{hex17}"),
		references: []reference{
			{path: "routeTableId", to: anyRouteTable, missing: noSuchRouteTable},
			{path: "subnetId", to: one(subnetType), missing: noSuchSubnet},
		},
		check: exactlyOneOf("subnetId", "gatewayId"),
		beforeCreate: func(c *call) error {
			for _, other := range c.tx.all(routeAssociationType) {
				if subnet := c.str("subnetId"); subnet != "" && other.str("subnetId") == subnet {
					return errorf(
						"Resource.AlreadyAssociated: the specified association for route table %s conflicts with an "+
							"existing association",
						c.str("routeTableId"),
					)
				}
			}
			return nil
		},
		notReal: "Another table keeps the id of the association; AWS gives a new one.",
	},
)

const (
	noSuchGateway = "InvalidGatewayID.NotFound: The gateway ID '{value}' does not exist"
	noSuchNat     = "InvalidNatGatewayID.NotFound: The natGateway ID '{value}' does not exist"
)

// destinationOf is where a route leads, whichever of the three forms it has.
func destinationOf(str func(string) string) string {
	for _, path := range routeDestinations {
		if destination := str(path); destination != "" {
			return destination
		}
	}
	return ""
}
