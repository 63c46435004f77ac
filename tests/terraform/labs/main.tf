# The second project: its own state, its own tag, but platform's VPC, cluster and load balancer.

terraform {
  required_version = ">= 1.5"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }
}

provider "aws" {
  region                      = "eu-west-1"
  skip_credentials_validation = true
  skip_metadata_api_check     = true

  default_tags {
    tags = {
      Project   = "labs"
      ManagedBy = "terraform"
    }
  }
}

data "aws_vpc" "platform" {
  filter {
    name   = "tag:Name"
    values = ["platform"]
  }
}

data "aws_subnets" "platform" {
  filter {
    name   = "vpc-id"
    values = [data.aws_vpc.platform.id]
  }

  tags = {
    Name = "platform-private-*"
  }
}

data "aws_lb" "platform" {
  name = "platform"
}

data "aws_lb_listener" "platform" {
  load_balancer_arn = data.aws_lb.platform.arn
  port              = 80
}

data "aws_ecs_cluster" "platform" {
  cluster_name = "platform"
}

data "aws_security_group" "alb" {
  name   = "platform-alb"
  vpc_id = data.aws_vpc.platform.id
}

# The last thing that labs shares, and the one that no attribute of its own resources names.
data "aws_instance" "bastion" {
  filter {
    name   = "tag:Name"
    values = ["platform-bastion"]
  }
}

resource "aws_security_group" "labs" {
  name        = "labs"
  description = "Labs tasks"
  vpc_id      = data.aws_vpc.platform.id

  tags = { Name = "labs" }
}

resource "aws_vpc_security_group_ingress_rule" "from_alb" {
  security_group_id            = aws_security_group.labs.id
  referenced_security_group_id = data.aws_security_group.alb.id
  from_port                    = 8080
  to_port                      = 8080
  ip_protocol                  = "tcp"
}

resource "aws_vpc_security_group_ingress_rule" "from_bastion" {
  security_group_id = aws_security_group.labs.id
  cidr_ipv4         = "${data.aws_instance.bastion.private_ip}/32"
  from_port         = 8080
  to_port           = 8080
  ip_protocol       = "tcp"
}

resource "aws_lb_target_group" "labs" {
  name        = "labs"
  port        = 8080
  protocol    = "HTTP"
  target_type = "ip"
  vpc_id      = data.aws_vpc.platform.id

  tags = { Name = "labs" }
}

resource "aws_lb_listener_rule" "labs" {
  listener_arn = data.aws_lb_listener.platform.arn
  priority     = 20

  action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.labs.arn
  }

  condition {
    host_header {
      values = ["labs.example.com"]
    }
  }

  tags = { Name = "labs" }
}

resource "aws_ecs_task_definition" "labs" {
  family                   = "labs-web"
  network_mode             = "awsvpc"
  requires_compatibilities = ["FARGATE"]
  cpu                      = 256
  memory                   = 512

  container_definitions = jsonencode([{
    name         = "app"
    image        = "public.ecr.aws/docker/library/nginx:1.27"
    essential    = true
    portMappings = [{ containerPort = 8080, hostPort = 8080, protocol = "tcp" }]
    environment  = [{ name = "LABS_SECRET", value = "CANARY-env-secret-91bc" }]
  }])

  tags = { Name = "labs-web" }
}

resource "aws_ecs_service" "labs" {
  name            = "labs-web"
  cluster         = data.aws_ecs_cluster.platform.arn
  task_definition = aws_ecs_task_definition.labs.arn
  desired_count   = 1
  launch_type     = "FARGATE"

  network_configuration {
    subnets         = data.aws_subnets.platform.ids
    security_groups = [aws_security_group.labs.id]
  }

  load_balancer {
    target_group_arn = aws_lb_target_group.labs.arn
    container_name   = "app"
    container_port   = 8080
  }

  tags = { Name = "labs-web" }

  lifecycle {
    ignore_changes = [availability_zone_rebalancing]
  }

  depends_on = [aws_lb_listener_rule.labs]
}
