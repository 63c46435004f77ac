# Another project inside platform's state.

terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

variable "vpc_id" { type = string }
variable "subnet_ids" { type = list(string) }
variable "load_balancer_security_id" { type = string }
variable "cluster_arn" { type = string }
variable "listener_arn" { type = string }
variable "execution_role_arn" { type = string }

locals {
  tags = { Project = "dataroom" }
}

resource "aws_security_group" "this" {
  name        = "dataroom"
  description = "Data room"
  vpc_id      = var.vpc_id

  ingress {
    from_port       = 8080
    to_port         = 8080
    protocol        = "tcp"
    security_groups = [var.load_balancer_security_id]
  }

  tags = merge(local.tags, { Name = "dataroom" })
}

resource "aws_ebs_volume" "scratch" {
  availability_zone = "eu-west-1b"
  size              = 50
  type              = "gp3"

  tags = merge(local.tags, { Name = "dataroom-scratch" })
}

module "service" {
  source = "../service"

  name               = "dataroom"
  priority           = 50
  path               = "/dataroom/*"
  environment        = { MODE = "production" }
  vpc_id             = var.vpc_id
  subnet_ids         = var.subnet_ids
  security_group_ids = [aws_security_group.this.id]
  cluster_arn        = var.cluster_arn
  listener_arn       = var.listener_arn
  execution_role_arn = var.execution_role_arn
  tags               = local.tags
}
