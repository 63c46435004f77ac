resource "aws_db_subnet_group" "main" {
  name       = "platform"
  subnet_ids = values(aws_subnet.private)[*].id

  tags = { Name = "platform" }
}

resource "aws_db_parameter_group" "main" {
  name   = "platform-postgres15"
  family = "postgres15"

  parameter {
    name  = "log_min_duration_statement"
    value = "500"
  }

  tags = { Name = "platform-postgres15" }

  lifecycle {
    # The emulator keeps parameters to itself, which would show as a change in every plan.
    ignore_changes = [parameter]
  }
}

# As most people write it: no final snapshot, no protection, and the automated backups die with it,
# because delete_automated_backups defaults to true.
resource "aws_db_instance" "main" {
  identifier             = "platform"
  engine                 = "postgres"
  engine_version         = "15.7"
  instance_class         = "db.t4g.medium"
  allocated_storage      = 100
  storage_type           = "gp3"
  storage_encrypted      = var.db_storage_encrypted
  db_name                = "platform"
  username               = "platform"
  password               = var.db_password
  db_subnet_group_name   = aws_db_subnet_group.main.name
  parameter_group_name   = aws_db_parameter_group.main.name
  vpc_security_group_ids = [aws_security_group.db.id]

  backup_retention_period = 35
  skip_final_snapshot     = true
  deletion_protection     = var.db_deletion_protection
  apply_immediately       = true

  tags = { Name = "platform" }
}
