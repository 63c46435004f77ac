# What runs: functions, batches, groups of instances, clusters of Kubernetes, applications.

resource "aws_iam_role" "one" {
  name               = "wide-compute"
  assume_role_policy = local.trust
}

resource "aws_iam_instance_profile" "one" {
  name = "wide-compute"
  role = aws_iam_role.one.name
}

resource "aws_vpc" "one" { cidr_block = "10.62.0.0/16" }

resource "aws_subnet" "one" {
  count             = 2
  vpc_id            = aws_vpc.one.id
  cidr_block        = "10.62.${count.index}.0/24"
  availability_zone = element(["eu-west-1a", "eu-west-1b"], count.index)
}

resource "aws_security_group" "one" {
  name   = "wide-compute"
  vpc_id = aws_vpc.one.id
}

resource "aws_lambda_function" "one" {
  function_name = "wide"
  role          = aws_iam_role.one.arn
  runtime       = "python3.12"
  handler       = "code.run"
  filename      = "${path.module}/code.zip"
  publish       = true

  environment { variables = { TOKEN = "CANARY-lambda-environment-11fe" } }
}

resource "aws_lambda_alias" "one" {
  name             = "live"
  function_name    = aws_lambda_function.one.function_name
  function_version = aws_lambda_function.one.version
}

resource "aws_lambda_permission" "one" {
  statement_id  = "wide"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.one.function_name
  principal     = "events.amazonaws.com"
}

resource "aws_lambda_function_url" "one" {
  function_name      = aws_lambda_function.one.function_name
  authorization_type = "AWS_IAM"
}

resource "aws_lambda_function_event_invoke_config" "one" {
  function_name          = aws_lambda_function.one.function_name
  maximum_retry_attempts = 0
}

resource "aws_lambda_layer_version" "one" {
  layer_name = "wide"
  filename   = "${path.module}/code.zip"
}

resource "aws_lambda_layer_version_permission" "one" {
  layer_name     = aws_lambda_layer_version.one.layer_name
  version_number = aws_lambda_layer_version.one.version
  statement_id   = "wide"
  action         = "lambda:GetLayerVersion"
  principal      = "*"
}

resource "aws_sqs_queue" "one" { name = "wide-lambda" }

resource "aws_lambda_event_source_mapping" "one" {
  function_name    = aws_lambda_function.one.arn
  event_source_arn = aws_sqs_queue.one.arn
}

resource "aws_launch_configuration" "one" {
  name          = "wide"
  image_id      = "ami-04681a1dbd79675a5"
  instance_type = "t3.micro"
}

resource "aws_autoscaling_group" "one" {
  name                 = "wide-legacy"
  min_size             = 0
  max_size             = 1
  desired_capacity     = 0
  launch_configuration = aws_launch_configuration.one.name
  vpc_zone_identifier  = aws_subnet.one[*].id
}

resource "aws_autoscaling_policy" "one" {
  name                   = "wide"
  autoscaling_group_name = aws_autoscaling_group.one.name
  adjustment_type        = "ChangeInCapacity"
  scaling_adjustment     = 1
}

resource "aws_autoscaling_schedule" "one" {
  scheduled_action_name  = "wide"
  autoscaling_group_name = aws_autoscaling_group.one.name
  recurrence             = "0 6 * * *"
  min_size               = 0
  max_size               = 1
  desired_capacity       = 0
}

resource "aws_autoscaling_lifecycle_hook" "one" {
  name                   = "wide"
  autoscaling_group_name = aws_autoscaling_group.one.name
  lifecycle_transition   = "autoscaling:EC2_INSTANCE_LAUNCHING"
}

resource "aws_spot_instance_request" "one" {
  ami           = "ami-04681a1dbd79675a5"
  instance_type = "t3.micro"
  spot_price    = "0.01"
  subnet_id     = aws_subnet.one[0].id
}

resource "aws_launch_template" "one" {
  name          = "wide-compute"
  image_id      = "ami-04681a1dbd79675a5"
  instance_type = "t3.micro"
}

resource "aws_ec2_fleet" "one" {
  terminate_instances_with_expiration = true
  terminate_instances                 = true
  launch_template_config {
    launch_template_specification {
      launch_template_id = aws_launch_template.one.id
      version            = "1"
    }
  }
  target_capacity_specification {
    default_target_capacity_type = "on-demand"
    total_target_capacity        = 1
  }
}

resource "aws_batch_compute_environment" "one" {
  compute_environment_name = "wide"
  type                     = "UNMANAGED"
  service_role             = aws_iam_role.one.arn
}

resource "aws_batch_job_queue" "one" {
  name     = "wide"
  priority = 1
  state    = "ENABLED"
  compute_environment_order {
    order               = 1
    compute_environment = aws_batch_compute_environment.one.arn
  }
}

resource "aws_batch_job_definition" "one" {
  name                 = "wide"
  type                 = "container"
  container_properties = jsonencode({ image = "busybox", command = ["true"], vcpus = 1, memory = 128 })
}

resource "aws_batch_scheduling_policy" "one" { name = "wide" }

resource "aws_eks_cluster" "one" {
  name     = "wide"
  role_arn = aws_iam_role.one.arn
  vpc_config { subnet_ids = aws_subnet.one[*].id }
}

resource "aws_eks_node_group" "one" {
  cluster_name    = aws_eks_cluster.one.name
  node_group_name = "wide"
  node_role_arn   = aws_iam_role.one.arn
  subnet_ids      = aws_subnet.one[*].id
  scaling_config {
    min_size     = 1
    max_size     = 1
    desired_size = 1
  }
}

resource "aws_eks_fargate_profile" "one" {
  cluster_name           = aws_eks_cluster.one.name
  fargate_profile_name   = "wide"
  pod_execution_role_arn = aws_iam_role.one.arn
  subnet_ids             = aws_subnet.one[*].id
  selector { namespace = "wide" }
}

resource "aws_elastic_beanstalk_application" "one" { name = "wide" }

resource "aws_emr_security_configuration" "one" {
  name          = "wide"
  configuration = jsonencode({ EncryptionConfiguration = { EnableInTransitEncryption = false, EnableAtRestEncryption = false } })
}

resource "aws_emrcontainers_virtual_cluster" "one" {
  name = "wide"
  container_provider {
    id   = aws_eks_cluster.one.name
    type = "EKS"
    info {
      eks_info { namespace = "default" }
    }
  }
}

# without aws_emrserverless_application: its state never becomes what the provider waits for

resource "aws_ecs_cluster" "one" { name = "wide-scaled" }

resource "aws_ecs_task_definition" "one" {
  family                   = "wide"
  network_mode             = "awsvpc"
  requires_compatibilities = ["FARGATE"]
  cpu                      = 256
  memory                   = 512
  container_definitions    = jsonencode([{ name = "app", image = "busybox", memory = 64, cpu = 10, essential = true }])
}

resource "aws_ecs_service" "one" {
  name            = "wide"
  cluster         = aws_ecs_cluster.one.id
  task_definition = aws_ecs_task_definition.one.arn
  desired_count   = 1
  launch_type     = "FARGATE"

  network_configuration {
    subnets         = aws_subnet.one[*].id
    security_groups = [aws_security_group.one.id]
  }

  lifecycle { ignore_changes = [availability_zone_rebalancing] }
}

resource "aws_appautoscaling_target" "one" {
  service_namespace  = "ecs"
  resource_id        = "service/${aws_ecs_cluster.one.name}/${aws_ecs_service.one.name}"
  scalable_dimension = "ecs:service:DesiredCount"
  min_capacity       = 1
  max_capacity       = 2
}

resource "aws_appautoscaling_policy" "one" {
  name               = "wide"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.one.service_namespace
  resource_id        = aws_appautoscaling_target.one.resource_id
  scalable_dimension = aws_appautoscaling_target.one.scalable_dimension
  target_tracking_scaling_policy_configuration {
    target_value = 60
    predefined_metric_specification { predefined_metric_type = "ECSServiceAverageCPUUtilization" }
  }
}

resource "aws_appautoscaling_scheduled_action" "one" {
  name               = "wide"
  service_namespace  = aws_appautoscaling_target.one.service_namespace
  resource_id        = aws_appautoscaling_target.one.resource_id
  scalable_dimension = aws_appautoscaling_target.one.scalable_dimension
  schedule           = "cron(0 6 * * ? *)"
  scalable_target_action {
    min_capacity = 1
    max_capacity = 2
  }
}
