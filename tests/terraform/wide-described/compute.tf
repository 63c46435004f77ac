resource "aws_network_interface" "spare" {
  subnet_id       = aws_subnet.a[0].id
  security_groups = [aws_security_group.main.id]
  description     = "Spare"

  tags = { Name = "wide-spare" }
}

resource "aws_instance" "worker" {
  ami                    = "ami-04681a1dbd79675a5"
  instance_type          = "t3.micro"
  subnet_id              = aws_subnet.a[0].id
  vpc_security_group_ids = [aws_security_group.main.id]

  ebs_block_device {
    device_name = "/dev/sdf"
    volume_size = 30
  }

  tags = { Name = "wide-worker" }

  lifecycle {
    ignore_changes = [tags["Patch"], tags_all["Patch"]]
  }
}

resource "aws_ec2_tag" "worker" {
  resource_id = aws_instance.worker.id
  key         = "Patch"
  value       = "monthly"
}

resource "aws_eip" "worker" {
  domain = "vpc"

  tags = { Name = "wide-worker" }
}

resource "aws_eip_association" "worker" {
  allocation_id = aws_eip.worker.id
  instance_id   = aws_instance.worker.id
}

resource "aws_ebs_volume" "data" {
  availability_zone = "eu-west-1a"
  size              = 8

  tags = { Name = "wide-data" }
}

resource "aws_ebs_snapshot" "data" {
  volume_id   = aws_ebs_volume.data.id
  description = "Wide data"

  tags = { Name = "wide-data" }
}

resource "aws_ami" "data" {
  name                = "wide-data"
  virtualization_type = "hvm"
  root_device_name    = "/dev/xvda"
  architecture        = "x86_64"

  ebs_block_device {
    device_name = "/dev/xvda"
    snapshot_id = aws_ebs_snapshot.data.id
    volume_size = 8
  }

  tags = { Name = "wide-data" }

  lifecycle {
    # The emulator makes a snapshot of its own for it and forgets the rest.
    ignore_changes = all
  }
}

resource "aws_launch_template" "worker" {
  name                   = "wide-worker"
  image_id               = "ami-04681a1dbd79675a5"
  instance_type          = "t3.micro"
  vpc_security_group_ids = [aws_security_group.main.id]
  user_data              = base64encode("token=CANARY-user-data-5d20\n")

  tags = { Name = "wide-worker" }

  lifecycle {
    # The emulator answers the template's own tags as tags for its instances.
    ignore_changes = [tag_specifications]
  }
}

# Its instances are another system's: delegated.
resource "aws_autoscaling_group" "workers" {
  name                = "wide-workers"
  min_size            = 2
  max_size            = 2
  vpc_zone_identifier = aws_subnet.a[*].id

  launch_template {
    id      = aws_launch_template.worker.id
    version = "$Latest"
  }

  tag {
    key                 = "AmazonECSManaged"
    value               = "true"
    propagate_at_launch = true
  }
}

resource "aws_ecs_capacity_provider" "workers" {
  name = "wide-workers"

  auto_scaling_group_provider {
    auto_scaling_group_arn = aws_autoscaling_group.workers.arn

    managed_scaling {
      status          = "ENABLED"
      target_capacity = 100
    }
  }

  tags = { Name = "wide-workers" }
}

resource "aws_ecs_cluster" "main" {
  name = "wide"

  tags = { Name = "wide" }
}

resource "aws_ecs_cluster_capacity_providers" "main" {
  cluster_name       = aws_ecs_cluster.main.name
  capacity_providers = [aws_ecs_capacity_provider.workers.name]
}

resource "aws_lb_target_group" "instances" {
  name     = "wide-instances"
  port     = 443
  protocol = "TCP"
  vpc_id   = aws_vpc.a.id

  tags = { Name = "wide-instances" }
}

resource "aws_lb_target_group_attachment" "worker" {
  target_group_arn = aws_lb_target_group.instances.arn
  target_id        = aws_instance.worker.id
  port             = 443
}

resource "aws_lb" "network" {
  name               = "wide-network"
  load_balancer_type = "network"
  internal           = true
  subnets            = aws_subnet.a[*].id

  tags = { Name = "wide-network" }
}

resource "aws_lb_listener" "tcp" {
  load_balancer_arn = aws_lb.network.arn
  port              = 443
  protocol          = "TCP"

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.instances.arn
  }
}
