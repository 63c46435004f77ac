resource "aws_db_subnet_group" "main" {
  name       = "wide"
  subnet_ids = aws_subnet.a[*].id
}

resource "aws_db_option_group" "mysql" {
  name                     = "wide-mysql80"
  option_group_description = "Wide"
  engine_name              = "mysql"
  major_engine_version     = "8.0"

  tags = { Name = "wide-mysql80" }
}

resource "aws_db_instance" "mysql" {
  identifier              = "wide-mysql"
  engine                  = "mysql"
  engine_version          = "8.0.35"
  instance_class          = "db.t4g.micro"
  allocated_storage       = 20
  username                = "wide"
  password                = var.db_password
  db_subnet_group_name    = aws_db_subnet_group.main.name
  option_group_name       = aws_db_option_group.mysql.name
  vpc_security_group_ids  = [aws_security_group.main.id]
  backup_retention_period = 1
  skip_final_snapshot     = true

  tags = { Name = "wide-mysql" }
}

resource "aws_db_snapshot" "mysql" {
  db_instance_identifier = aws_db_instance.mysql.identifier
  db_snapshot_identifier = "wide-mysql-before-upgrade"

  tags = { Name = "wide-mysql-before-upgrade" }
}

resource "aws_rds_cluster_parameter_group" "aurora" {
  name   = "wide-aurora-postgresql15"
  family = "aurora-postgresql15"

  tags = { Name = "wide-aurora-postgresql15" }
}

resource "aws_rds_cluster" "aurora" {
  cluster_identifier              = "wide-aurora"
  engine                          = "aurora-postgresql"
  engine_version                  = "15.4"
  database_name                   = "wide"
  master_username                 = "wide"
  master_password                 = var.db_password
  db_subnet_group_name            = aws_db_subnet_group.main.name
  db_cluster_parameter_group_name = aws_rds_cluster_parameter_group.aurora.name
  vpc_security_group_ids          = [aws_security_group.main.id]
  skip_final_snapshot             = true

  tags = { Name = "wide-aurora" }

  lifecycle {
    ignore_changes = [scaling_configuration]
  }
}

resource "aws_rds_cluster_instance" "aurora" {
  count = 2

  identifier         = "wide-aurora-${count.index}"
  cluster_identifier = aws_rds_cluster.aurora.id
  engine             = aws_rds_cluster.aurora.engine
  instance_class     = "db.t4g.medium"

  tags = { Name = "wide-aurora-${count.index}" }
}

resource "aws_db_cluster_snapshot" "aurora" {
  db_cluster_identifier          = aws_rds_cluster.aurora.id
  db_cluster_snapshot_identifier = "wide-aurora-before-upgrade"

  tags = { Name = "wide-aurora-before-upgrade" }
}
