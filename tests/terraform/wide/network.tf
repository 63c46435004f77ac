# How things are reached: what EC2 has besides the described kinds, DNS, Lattice, firewalls, Cloud Map.

resource "aws_vpc" "one" {
  cidr_block           = "10.61.0.0/16"
  enable_dns_support   = true
  enable_dns_hostnames = true
}

resource "aws_subnet" "one" {
  count             = 2
  vpc_id            = aws_vpc.one.id
  cidr_block        = "10.61.${count.index}.0/24"
  availability_zone = element(["eu-west-1a", "eu-west-1b"], count.index)
}

resource "aws_security_group" "one" {
  name   = "wide-network"
  vpc_id = aws_vpc.one.id
}

resource "aws_vpc_security_group_ingress_rule" "one" {
  security_group_id = aws_security_group.one.id
  cidr_ipv4         = "10.0.0.0/8"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_security_group_rule" "one" {
  security_group_id = aws_security_group.one.id
  type              = "egress"
  cidr_blocks       = ["0.0.0.0/0"]
  protocol          = "-1"
  from_port         = 0
  to_port           = 0
}

resource "aws_route_table" "one" { vpc_id = aws_vpc.one.id }

resource "aws_internet_gateway" "one" { vpc_id = aws_vpc.one.id }

resource "aws_route" "one" {
  route_table_id         = aws_route_table.one.id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.one.id
}

resource "aws_route_table_association" "one" {
  route_table_id = aws_route_table.one.id
  subnet_id      = aws_subnet.one[0].id
}

resource "aws_main_route_table_association" "one" {
  route_table_id = aws_route_table.one.id
  vpc_id         = aws_vpc.one.id
}

resource "aws_vpc_endpoint" "s3" {
  vpc_id       = aws_vpc.one.id
  service_name = "com.amazonaws.eu-west-1.s3"
}

resource "aws_vpc_endpoint_route_table_association" "one" {
  route_table_id  = aws_route_table.one.id
  vpc_endpoint_id = aws_vpc_endpoint.s3.id
}

resource "aws_ec2_carrier_gateway" "one" { vpc_id = aws_vpc.one.id }

resource "aws_ec2_traffic_mirror_filter" "one" { description = "wide" }

resource "aws_network_interface" "one" { subnet_id = aws_subnet.one[0].id }

resource "aws_network_interface_sg_attachment" "one" {
  network_interface_id = aws_network_interface.one.id
  security_group_id    = aws_security_group.one.id
}

resource "aws_ec2_traffic_mirror_target" "one" { network_interface_id = aws_network_interface.one.id }

resource "aws_ec2_host" "one" {
  availability_zone = "eu-west-1a"
  instance_type     = "m5.large"
}

resource "aws_default_vpc" "one" {}

resource "aws_default_subnet" "one" { availability_zone = "eu-west-1a" }

resource "aws_default_network_acl" "one" { default_network_acl_id = aws_vpc.one.default_network_acl_id }

resource "aws_ec2_transit_gateway" "one" {}

resource "aws_ec2_transit_gateway" "two" {}

resource "aws_ec2_transit_gateway_peering_attachment" "one" {
  transit_gateway_id      = aws_ec2_transit_gateway.one.id
  peer_transit_gateway_id = aws_ec2_transit_gateway.two.id
  peer_region             = "eu-west-1"
}

resource "aws_lb" "network" {
  name               = "wide-service"
  load_balancer_type = "network"
  internal           = true
  subnets            = aws_subnet.one[*].id
}

resource "aws_vpc_endpoint_service" "one" {
  acceptance_required        = false
  network_load_balancer_arns = [aws_lb.network.arn]
}

resource "aws_vpc_endpoint_service_allowed_principal" "one" {
  vpc_endpoint_service_id = aws_vpc_endpoint_service.one.id
  principal_arn           = "arn:aws:iam::123456789012:root"
}

resource "aws_route53_zone" "one" { name = "wide.example.com" }

resource "aws_route53_zone" "private" {
  name = "wide.internal"
  vpc { vpc_id = aws_vpc.one.id }
}

resource "aws_route53_record" "one" {
  zone_id = aws_route53_zone.one.zone_id
  name    = "www"
  type    = "A"
  ttl     = 60
  records = ["198.51.100.1"]
}

resource "aws_route53_record" "star" {
  zone_id        = aws_route53_zone.one.zone_id
  name           = "*.apps.wide.example.com"
  type           = "CNAME"
  ttl            = 60
  records        = ["www.wide.example.com"]
  set_identifier = "blue"
  weighted_routing_policy { weight = 10 }
}

resource "aws_route53_health_check" "one" {
  fqdn              = "www.wide.example.com"
  type              = "HTTPS"
  port              = 443
  resource_path     = "/"
  failure_threshold = 3
  request_interval  = 30
}

resource "aws_route53_delegation_set" "one" { reference_name = "wide" }

resource "aws_cloudwatch_log_group" "dns" { name = "/wide/dns" }

resource "aws_route53_query_log" "one" {
  zone_id                  = aws_route53_zone.one.zone_id
  cloudwatch_log_group_arn = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/route53/wide.example.com"
}

resource "aws_route53_resolver_endpoint" "one" {
  name               = "wide"
  direction          = "OUTBOUND"
  security_group_ids = [aws_security_group.one.id]
  ip_address { subnet_id = aws_subnet.one[0].id }
  ip_address { subnet_id = aws_subnet.one[1].id }
}

resource "aws_route53_resolver_rule" "one" {
  name                 = "wide"
  domain_name          = "office.example.com"
  rule_type            = "FORWARD"
  resolver_endpoint_id = aws_route53_resolver_endpoint.one.id
  target_ip { ip = "198.51.100.53" }
}

resource "aws_route53_resolver_rule_association" "one" {
  resolver_rule_id = aws_route53_resolver_rule.one.id
  vpc_id           = aws_vpc.one.id
}

resource "aws_route53_resolver_query_log_config" "one" {
  name            = "wide"
  destination_arn = aws_cloudwatch_log_group.dns.arn
}

resource "aws_route53_resolver_query_log_config_association" "one" {
  resolver_query_log_config_id = aws_route53_resolver_query_log_config.one.id
  resource_id                  = aws_vpc.one.id
}

resource "aws_service_discovery_http_namespace" "one" { name = "wide-http" }

resource "aws_service_discovery_private_dns_namespace" "one" {
  name = "wide.local"
  vpc  = aws_vpc.one.id
}

resource "aws_service_discovery_public_dns_namespace" "one" { name = "cloudmap.wide.example.com" }

resource "aws_service_discovery_service" "one" {
  name         = "wide"
  namespace_id = aws_service_discovery_http_namespace.one.id
}

resource "aws_service_discovery_instance" "one" {
  service_id  = aws_service_discovery_service.one.id
  instance_id = "wide-1"
  attributes  = { AWS_INSTANCE_IPV4 = "198.51.100.7" }
}

resource "aws_vpclattice_service" "one" { name = "wide" }

resource "aws_vpclattice_service_network" "one" { name = "wide-network" }

resource "aws_vpclattice_service_network_vpc_association" "one" {
  vpc_identifier             = aws_vpc.one.id
  service_network_identifier = aws_vpclattice_service_network.one.id
}

resource "aws_vpclattice_service_network_service_association" "one" {
  service_identifier         = aws_vpclattice_service.one.id
  service_network_identifier = aws_vpclattice_service_network.one.id
}

resource "aws_vpclattice_target_group" "one" {
  name = "wide"
  type = "IP"
  config {
    vpc_identifier = aws_vpc.one.id
    port           = 80
    protocol       = "HTTP"
  }
}

resource "aws_vpclattice_listener" "one" {
  name               = "wide"
  protocol           = "HTTP"
  service_identifier = aws_vpclattice_service.one.id
  default_action {
    fixed_response { status_code = 404 }
  }
}

resource "aws_vpclattice_access_log_subscription" "one" {
  resource_identifier = aws_vpclattice_service_network.one.id
  destination_arn     = aws_cloudwatch_log_group.dns.arn
}

resource "aws_networkmanager_global_network" "one" { description = "wide" }

resource "aws_networkmanager_site" "one" { global_network_id = aws_networkmanager_global_network.one.id }

resource "aws_networkmanager_device" "one" { global_network_id = aws_networkmanager_global_network.one.id }

resource "aws_networkmanager_link" "one" {
  global_network_id = aws_networkmanager_global_network.one.id
  site_id           = aws_networkmanager_site.one.id
  bandwidth {
    download_speed = 50
    upload_speed   = 10
  }
}

resource "aws_networkmanager_core_network" "one" { global_network_id = aws_networkmanager_global_network.one.id }

resource "aws_networkfirewall_firewall" "one" {
  name                = "wide"
  firewall_policy_arn = "arn:aws:network-firewall:eu-west-1:123456789012:firewall-policy/wide"
  vpc_id              = aws_vpc.one.id
  subnet_mapping { subnet_id = aws_subnet.one[0].id }
}

resource "aws_dx_connection" "one" {
  name      = "wide"
  bandwidth = "1Gbps"
  location  = "EqDC2"
}

resource "aws_dx_lag" "one" {
  name                  = "wide"
  connections_bandwidth = "1Gbps"
  location              = "EqDC2"
}
