resource "aws_ecs_cluster" "main" {
  name = "platform"

  tags = { Name = "platform" }
}

resource "aws_iam_role" "ecs_execution" {
  name = "platform-ecs-execution"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "ecs-tasks.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy_attachment" "ecs_execution" {
  role       = aws_iam_role.ecs_execution.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
}

module "service" {
  source   = "./modules/service"
  for_each = { web = 100, api = 110 }

  name               = "platform-${each.key}"
  priority           = each.value
  path               = each.key == "web" ? "/" : "/${each.key}/*"
  environment        = { SESSION_SECRET = var.session_secret }
  vpc_id             = aws_vpc.main.id
  subnet_ids         = values(aws_subnet.private)[*].id
  security_group_ids = [aws_security_group.app.id]
  cluster_arn        = aws_ecs_cluster.main.arn
  listener_arn       = aws_lb_listener.http.arn
  execution_role_arn = aws_iam_role.ecs_execution.arn
}

# The first mistake of the story: to save a second load balancer, a second project went into this
# state. Its resources carry its own Project tag.
module "dataroom" {
  source = "./modules/dataroom"

  vpc_id                    = aws_vpc.main.id
  subnet_ids                = values(aws_subnet.private)[*].id
  load_balancer_security_id = aws_security_group.alb.id
  cluster_arn               = aws_ecs_cluster.main.arn
  listener_arn              = aws_lb_listener.http.arn
  execution_role_arn        = aws_iam_role.ecs_execution.arn
}
