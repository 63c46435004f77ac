resource "aws_key_pair" "bastion" {
  key_name   = "platform-bastion"
  public_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFDj/GdktZPg2IRNDwRRiaBJDNqTi5XwPFLiQrD4mCNN platform-bastion"

  tags = { Name = "platform-bastion" }
}

resource "aws_instance" "bastion" {
  ami                    = "ami-04681a1dbd79675a5"
  instance_type          = "t3.micro"
  key_name               = aws_key_pair.bastion.key_name
  subnet_id              = aws_subnet.public[0].id
  vpc_security_group_ids = [aws_security_group.bastion.id]

  user_data = <<-EOT
    #!/bin/sh
    echo 'token=${var.bastion_token}' > /etc/bastion.conf
  EOT

  tags = merge({ Name = "platform-bastion" }, var.office_cidr == null ? {} : { Office = "yes" })
}

resource "aws_ebs_volume" "bastion_home" {
  availability_zone = "eu-west-1a"
  size              = 20
  type              = "gp3"

  tags = { Name = "platform-bastion-home" }
}

resource "aws_volume_attachment" "bastion_home" {
  device_name = "/dev/sdh"
  volume_id   = aws_ebs_volume.bastion_home.id
  instance_id = aws_instance.bastion.id
}
