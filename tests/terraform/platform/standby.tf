# A little of it stands in a second region.

resource "aws_vpc" "standby" {
  provider = aws.east

  cidr_block = "10.30.0.0/16"

  tags = { Name = "platform-standby" }
}

resource "aws_subnet" "standby" {
  provider = aws.east

  vpc_id            = aws_vpc.standby.id
  cidr_block        = "10.30.1.0/24"
  availability_zone = "us-east-1a"

  tags = { Name = "platform-standby" }
}

resource "aws_security_group" "standby" {
  provider = aws.east

  name        = "platform-standby"
  description = "Standby"
  vpc_id      = aws_vpc.standby.id

  ingress {
    from_port   = 5432
    to_port     = 5432
    protocol    = "tcp"
    cidr_blocks = ["10.30.0.0/16"]
  }

  tags = { Name = "platform-standby" }
}

resource "aws_ebs_volume" "standby" {
  provider = aws.east

  availability_zone = "us-east-1a"
  size              = 100
  type              = "gp3"

  tags = { Name = "platform-standby" }
}

resource "aws_ebs_snapshot" "standby" {
  provider = aws.east

  volume_id   = aws_ebs_volume.standby.id
  description = "Standby seed"

  tags = { Name = "platform-standby" }
}
