# Three ways to write rules, as found in the field.

# 1. Inline.
resource "aws_security_group" "alb" {
  name        = "platform-alb"
  description = "Web in"
  vpc_id      = aws_vpc.main.id

  ingress {
    description = "HTTP"
    from_port   = 80
    to_port     = 80
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }

  egress {
    from_port   = 0
    to_port     = 0
    protocol    = "-1"
    cidr_blocks = ["0.0.0.0/0"]
  }

  tags = { Name = "platform-alb" }
}

resource "aws_security_group" "bastion" {
  name        = "platform-bastion"
  description = "SSH in"
  vpc_id      = aws_vpc.main.id

  ingress {
    description = "SSH"
    from_port   = 22
    to_port     = 22
    protocol    = "tcp"
    cidr_blocks = ["198.51.100.0/24"]
  }

  egress {
    from_port   = 0
    to_port     = 0
    protocol    = "-1"
    cidr_blocks = ["0.0.0.0/0"]
  }

  tags = { Name = "platform-bastion" }
}

# 2. One resource a rule. This group and the next name each other: a cycle.
resource "aws_security_group" "app" {
  name        = "platform-app"
  description = "Tasks"
  vpc_id      = aws_vpc.main.id

  tags = { Name = "platform-app" }
}

resource "aws_vpc_security_group_ingress_rule" "app_from_alb" {
  security_group_id            = aws_security_group.app.id
  referenced_security_group_id = aws_security_group.alb.id
  from_port                    = 8080
  to_port                      = 8080
  ip_protocol                  = "tcp"

  tags = { Name = "platform-app-from-alb" }
}

resource "aws_vpc_security_group_egress_rule" "app_to_db" {
  security_group_id            = aws_security_group.app.id
  referenced_security_group_id = aws_security_group.db.id
  from_port                    = 5432
  to_port                      = 5432
  ip_protocol                  = "tcp"

  tags = { Name = "platform-app-to-db" }
}

resource "aws_vpc_security_group_ingress_rule" "app_from_office" {
  count = var.office_cidr == null ? 0 : 1

  security_group_id = aws_security_group.app.id
  cidr_ipv4         = var.office_cidr
  from_port         = 8080
  to_port           = 8080
  ip_protocol       = "tcp"
}

# 3. The older resource a rule, whose id Terraform invents.
resource "aws_security_group" "db" {
  name        = "platform-db"
  description = "Database"
  vpc_id      = aws_vpc.main.id

  tags = { Name = "platform-db" }
}

resource "aws_security_group_rule" "db_from_app" {
  type                     = "ingress"
  security_group_id        = aws_security_group.db.id
  source_security_group_id = aws_security_group.app.id
  from_port                = 5432
  to_port                  = 5432
  protocol                 = "tcp"
}

resource "aws_security_group_rule" "db_from_bastion" {
  type                     = "ingress"
  security_group_id        = aws_security_group.db.id
  source_security_group_id = aws_security_group.bastion.id
  from_port                = 5432
  to_port                  = 5432
  protocol                 = "tcp"
}
