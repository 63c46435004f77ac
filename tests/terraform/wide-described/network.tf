resource "aws_vpc" "a" {
  cidr_block                       = "10.40.0.0/16"
  assign_generated_ipv6_cidr_block = true

  tags = { Name = "wide-a" }
}

resource "aws_vpc" "b" {
  cidr_block = "10.41.0.0/16"

  tags = { Name = "wide-b" }
}

resource "aws_vpc_ipv4_cidr_block_association" "b" {
  vpc_id     = aws_vpc.b.id
  cidr_block = "10.42.0.0/16"
}

resource "aws_subnet" "a" {
  count = 2

  vpc_id            = aws_vpc.a.id
  cidr_block        = cidrsubnet(aws_vpc.a.cidr_block, 8, count.index)
  availability_zone = element(["eu-west-1a", "eu-west-1b"], count.index)

  tags = { Name = "wide-a-${count.index}" }
}

resource "aws_subnet" "b" {
  vpc_id            = aws_vpc.b.id
  cidr_block        = "10.41.0.0/24"
  availability_zone = "eu-west-1a"

  tags = { Name = "wide-b" }
}

resource "aws_vpc_dhcp_options" "a" {
  domain_name         = "wide.internal"
  domain_name_servers = ["AmazonProvidedDNS"]

  tags = { Name = "wide" }

  lifecycle {
    # The emulator drops its tags.
    ignore_changes = [tags, tags_all]
  }
}

resource "aws_vpc_dhcp_options_association" "a" {
  vpc_id          = aws_vpc.a.id
  dhcp_options_id = aws_vpc_dhcp_options.a.id
}

resource "aws_ec2_managed_prefix_list" "office" {
  name           = "wide-office"
  address_family = "IPv4"
  max_entries    = 5

  entry {
    cidr        = "198.51.100.0/24"
    description = "Office"
  }

  tags = { Name = "wide-office" }
}

resource "aws_egress_only_internet_gateway" "a" {
  vpc_id = aws_vpc.a.id

  tags = { Name = "wide" }
}

resource "aws_network_acl" "a" {
  vpc_id     = aws_vpc.a.id
  subnet_ids = [aws_subnet.a[0].id]

  ingress {
    rule_no    = 100
    protocol   = "tcp"
    action     = "allow"
    cidr_block = "10.0.0.0/8"
    from_port  = 443
    to_port    = 443
  }

  tags = { Name = "wide" }
}

resource "aws_network_acl" "b" {
  vpc_id = aws_vpc.b.id

  tags = { Name = "wide-b" }

  lifecycle {
    ignore_changes = [ingress, egress]
  }
}

resource "aws_network_acl_rule" "b" {
  network_acl_id = aws_network_acl.b.id
  rule_number    = 100
  protocol       = "tcp"
  rule_action    = "allow"
  cidr_block     = "10.0.0.0/8"
  from_port      = 22
  to_port        = 22
}

resource "aws_vpc_peering_connection" "ab" {
  vpc_id      = aws_vpc.a.id
  peer_vpc_id = aws_vpc.b.id
  auto_accept = true

  tags = { Name = "wide" }
}

resource "aws_ec2_transit_gateway" "main" {
  description = "wide"

  tags = { Name = "wide" }
}

resource "aws_ec2_transit_gateway_vpc_attachment" "a" {
  transit_gateway_id = aws_ec2_transit_gateway.main.id
  vpc_id             = aws_vpc.a.id
  subnet_ids         = aws_subnet.a[*].id

  tags = { Name = "wide" }

  lifecycle {
    # The emulator drops its tags.
    ignore_changes = [tags, tags_all]
  }
}

resource "aws_ec2_transit_gateway_route_table" "main" {
  transit_gateway_id = aws_ec2_transit_gateway.main.id

  tags = { Name = "wide" }
}

resource "aws_customer_gateway" "office" {
  bgp_asn    = 65010
  ip_address = "198.51.100.10"
  type       = "ipsec.1"

  tags = { Name = "wide-office" }
}

resource "aws_vpn_gateway" "b" {
  vpc_id = aws_vpc.b.id

  tags = { Name = "wide" }
}

resource "aws_vpn_connection" "office" {
  customer_gateway_id = aws_customer_gateway.office.id
  vpn_gateway_id      = aws_vpn_gateway.b.id
  type                = "ipsec.1"

  tags = { Name = "wide-office" }
}

resource "aws_cloudwatch_log_group" "flow" {
  name = "wide-flow"
}

resource "aws_iam_role" "flow" {
  name = "wide-flow"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "vpc-flow-logs.amazonaws.com" }
    }]
  })
}

resource "aws_flow_log" "a" {
  vpc_id          = aws_vpc.a.id
  traffic_type    = "REJECT"
  log_destination = aws_cloudwatch_log_group.flow.arn
  iam_role_arn    = aws_iam_role.flow.arn

  tags = { Name = "wide" }
}

# Adopters: Terraform takes what AWS made.
resource "aws_default_security_group" "a" {
  vpc_id = aws_vpc.a.id

  tags = { Name = "wide-default" }
}

resource "aws_default_route_table" "a" {
  default_route_table_id = aws_vpc.a.default_route_table_id

  tags = { Name = "wide-default" }
}

resource "aws_security_group" "main" {
  name        = "wide"
  description = "Wide"
  vpc_id      = aws_vpc.a.id

  ingress {
    from_port       = 443
    to_port         = 443
    protocol        = "tcp"
    prefix_list_ids = [aws_ec2_managed_prefix_list.office.id]
  }

  tags = { Name = "wide" }
}

resource "aws_vpc_endpoint" "ecs" {
  vpc_id              = aws_vpc.a.id
  service_name        = "com.amazonaws.eu-west-1.ecs"
  vpc_endpoint_type   = "Interface"
  subnet_ids          = aws_subnet.a[*].id
  security_group_ids  = [aws_security_group.main.id]
  private_dns_enabled = false

  tags = { Name = "wide-ecs" }
}
