# The listed kinds that most accounts have, as far as the emulator makes them, with settings that are not the defaults.
# ElastiCache, OpenSearch, MSK, Redshift and state machines are missing: the provider does not get through there.

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
  s3_use_path_style           = true

  default_tags {
    tags = {
      Project   = "wide"
      ManagedBy = "terraform"
    }
  }
}

# --- storage

resource "aws_kms_key" "main" {
  description             = "wide listed"
  deletion_window_in_days = 7
}

resource "aws_kms_alias" "main" {
  name          = "alias/wide-listed"
  target_key_id = aws_kms_key.main.key_id
}

resource "aws_s3_bucket" "logs" {
  bucket = "wide-listed-logs"
}

resource "aws_s3_bucket" "code" {
  bucket = "wide-listed-code"
}

resource "aws_s3_bucket_versioning" "logs" {
  bucket = aws_s3_bucket.logs.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_public_access_block" "logs" {
  bucket              = aws_s3_bucket.logs.id
  block_public_acls   = true
  block_public_policy = true
}

resource "aws_s3_bucket_server_side_encryption_configuration" "logs" {
  bucket = aws_s3_bucket.logs.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_key.main.arn
    }
  }
}

resource "aws_s3_object" "code" {
  bucket         = aws_s3_bucket.code.id
  key            = "function.zip"
  content_base64 = "UEsDBBQAAAAAAAAAIVyuVry6LQAAAC0AAAAHAAAAbWFpbi5weWRlZiBoYW5kbGVyKGV2ZW50LCBjb250ZXh0KToKICAgIHJldHVybiBOb25lClBLAQIUAxQAAAAAAAAAIVyuVry6LQAAAC0AAAAHAAAAAAAAAAAAAACAAQAAAABtYWluLnB5UEsFBgAAAAABAAEANQAAAFIAAAAAAA=="
}

resource "aws_ecr_repository" "web" {
  name                 = "wide-listed/web"
  image_tag_mutability = "IMMUTABLE"

  image_scanning_configuration {
    scan_on_push = true
  }

  encryption_configuration {
    encryption_type = "KMS"
    kms_key         = aws_kms_key.main.arn
  }
}

resource "aws_vpc" "main" {
  cidr_block = "10.60.0.0/16"
}

resource "aws_subnet" "main" {
  count             = 2
  vpc_id            = aws_vpc.main.id
  cidr_block        = "10.60.${count.index}.0/24"
  availability_zone = "eu-west-1${["a", "b"][count.index]}"
}

resource "aws_security_group" "main" {
  name        = "wide-listed"
  description = "wide listed"
  vpc_id      = aws_vpc.main.id
}

resource "aws_efs_file_system" "shared" {
  creation_token  = "wide-listed"
  encrypted       = true
  kms_key_id      = aws_kms_key.main.arn
  throughput_mode = "elastic"
}

resource "aws_efs_mount_target" "shared" {
  file_system_id = aws_efs_file_system.shared.id
  subnet_id      = aws_subnet.main[0].id
}

resource "aws_backup_vault" "main" {
  name        = "wide-listed"
  kms_key_arn = aws_kms_key.main.arn
}

resource "aws_backup_plan" "main" {
  name = "wide-listed"

  rule {
    rule_name         = "daily"
    target_vault_name = aws_backup_vault.main.name
    schedule          = "cron(0 3 * * ? *)"

    lifecycle {
      delete_after = 35
    }
  }

  rule {
    rule_name         = "monthly"
    target_vault_name = aws_backup_vault.main.name
    schedule          = "cron(0 4 1 * ? *)"

    lifecycle {
      delete_after = 120
    }
  }
}

# --- databases

resource "aws_dynamodb_table" "orders" {
  name             = "wide-listed-orders"
  billing_mode     = "PROVISIONED"
  read_capacity    = 5
  write_capacity   = 4
  hash_key         = "customer"
  range_key        = "placed"
  stream_enabled   = true
  stream_view_type = "NEW_IMAGE"

  attribute {
    name = "customer"
    type = "S"
  }

  attribute {
    name = "placed"
    type = "N"
  }

  attribute {
    name = "status"
    type = "S"
  }

  global_secondary_index {
    name            = "by-status"
    hash_key        = "status"
    projection_type = "ALL"
    read_capacity   = 1
    write_capacity  = 1
  }

  point_in_time_recovery {
    enabled = true
  }
}

resource "aws_dynamodb_table" "sessions" {
  name                        = "wide-listed-sessions"
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "id"
  deletion_protection_enabled = true

  attribute {
    name = "id"
    type = "S"
  }

  server_side_encryption {
    enabled     = true
    kms_key_arn = aws_kms_key.main.arn
  }
}

# --- messages

resource "aws_sns_topic" "alerts" {
  name              = "wide-listed-alerts"
  display_name      = "Alerts"
  kms_master_key_id = aws_kms_key.main.arn
}

resource "aws_sns_topic" "ordered" {
  name                        = "wide-listed.fifo"
  fifo_topic                  = true
  content_based_deduplication = true
}

resource "aws_sqs_queue" "dead" {
  name                      = "wide-listed-dead"
  message_retention_seconds = 1209600
}

resource "aws_sqs_queue" "jobs" {
  name                       = "wide-listed-jobs"
  delay_seconds              = 5
  max_message_size           = 131072
  receive_wait_time_seconds  = 20
  visibility_timeout_seconds = 90
  kms_master_key_id          = aws_kms_key.main.arn

  redrive_policy = jsonencode({
    maxReceiveCount     = 4
    deadLetterTargetArn = aws_sqs_queue.dead.arn
  })
}

resource "aws_sns_topic_subscription" "jobs" {
  topic_arn = aws_sns_topic.alerts.arn
  protocol  = "sqs"
  endpoint  = aws_sqs_queue.jobs.arn
}

resource "aws_cloudwatch_event_rule" "nightly" {
  name                = "wide-listed-nightly"
  description         = "every night"
  schedule_expression = "cron(0 2 * * ? *)"
}

resource "aws_cloudwatch_event_rule" "stopped" {
  name  = "wide-listed-stopped"
  state = "DISABLED"

  event_pattern = <<-JSON
    { "source": ["aws.ec2"],
      "detail-type": ["EC2 Instance State-change Notification"],
      "detail": { "state": ["stopped", "terminated"] } }
  JSON
}

# --- watching

resource "aws_cloudwatch_log_group" "web" {
  name              = "/wide-listed/web"
  retention_in_days = 14
}

resource "aws_cloudwatch_log_group" "forever" {
  name = "/wide-listed/forever"
}

resource "aws_cloudwatch_metric_alarm" "backlog" {
  alarm_name          = "wide-listed-backlog"
  alarm_description   = "jobs pile up"
  comparison_operator = "GreaterThanOrEqualToThreshold"
  evaluation_periods  = 3
  datapoints_to_alarm = 2
  metric_name         = "ApproximateNumberOfMessagesVisible"
  namespace           = "AWS/SQS"
  period              = 300
  statistic           = "Maximum"
  threshold           = 80.5
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alerts.arn]

  dimensions = {
    QueueName = aws_sqs_queue.jobs.name
  }
}

# --- keys and secrets

resource "aws_secretsmanager_secret" "token" {
  name        = "wide-listed/token"
  description = "of the payment service"
  kms_key_id  = aws_kms_key.main.arn
}

resource "aws_secretsmanager_secret_version" "token" {
  secret_id     = aws_secretsmanager_secret.token.id
  secret_string = "CANARY-secret-4e1d"
}

resource "aws_ssm_parameter" "plain" {
  name        = "/wide-listed/size"
  description = "how many"
  type        = "String"
  value       = "CANARY-parameter-8a02"
}

resource "aws_ssm_parameter" "secure" {
  name   = "/wide-listed/password"
  type   = "SecureString"
  key_id = aws_kms_key.main.key_id
  value  = "CANARY-parameter-8a02"
}

# --- who may do what

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com", "eks.amazonaws.com", "ec2.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "main" {
  name               = "wide-listed"
  path               = "/wide/"
  description        = "for all of them"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_policy" "read" {
  name        = "wide-listed-read"
  description = "read the code"

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["s3:GetObject"]
      Resource = "${aws_s3_bucket.code.arn}/*"
    }]
  })
}

resource "aws_iam_role_policy_attachment" "read" {
  role       = aws_iam_role.main.name
  policy_arn = aws_iam_policy.read.arn
}

resource "aws_iam_user" "robot" {
  name                 = "wide-listed-robot"
  permissions_boundary = aws_iam_policy.read.arn
}

resource "aws_iam_instance_profile" "main" {
  name = "wide-listed"
  role = aws_iam_role.main.name
}

# --- computing

resource "aws_lambda_function" "worker" {
  function_name = "wide-listed-worker"
  description   = "works"
  role          = aws_iam_role.main.arn
  runtime       = "python3.12"
  handler       = "main.handler"
  architectures = ["arm64"]
  memory_size   = 256
  timeout       = 30
  s3_bucket     = aws_s3_object.code.bucket
  s3_key        = aws_s3_object.code.key

  vpc_config {
    subnet_ids         = aws_subnet.main[*].id
    security_group_ids = [aws_security_group.main.id]
  }

  dead_letter_config {
    target_arn = aws_sqs_queue.dead.arn
  }

  environment {
    variables = {
      QUEUE = aws_sqs_queue.jobs.arn
      TOKEN = "CANARY-env-secret-91bc"
    }
  }
}

data "aws_ami" "any" {
  owners      = ["099720109477"]
  most_recent = true
}

resource "aws_launch_configuration" "old" {
  name                 = "wide-listed"
  image_id             = data.aws_ami.any.id
  instance_type        = "t3.micro"
  iam_instance_profile = aws_iam_instance_profile.main.name
  security_groups      = [aws_security_group.main.id]
  user_data            = "CANARY-user-data-5d20"
}

resource "aws_launch_template" "new" {
  name          = "wide-listed"
  image_id      = data.aws_ami.any.id
  instance_type = "t3.micro"
}

resource "aws_autoscaling_group" "old" {
  name                 = "wide-listed-old"
  launch_configuration = aws_launch_configuration.old.name
  vpc_zone_identifier  = aws_subnet.main[*].id
  min_size             = 0
  max_size             = 3
  desired_capacity     = 0
}

resource "aws_autoscaling_group" "new" {
  name                      = "wide-listed-new"
  vpc_zone_identifier       = [aws_subnet.main[0].id]
  min_size                  = 0
  max_size                  = 2
  desired_capacity          = 0
  health_check_type         = "EC2"
  health_check_grace_period = 120

  launch_template {
    id      = aws_launch_template.new.id
    version = "$Latest"
  }
}

resource "aws_eks_cluster" "main" {
  name                      = "wide-listed"
  role_arn                  = aws_iam_role.main.arn
  enabled_cluster_log_types = ["api", "audit"]

  vpc_config {
    subnet_ids              = aws_subnet.main[*].id
    security_group_ids      = [aws_security_group.main.id]
    endpoint_private_access = true
  }
}

resource "aws_eks_node_group" "main" {
  cluster_name    = aws_eks_cluster.main.name
  node_group_name = "wide-listed"
  node_role_arn   = aws_iam_role.main.arn
  subnet_ids      = aws_subnet.main[*].id
  instance_types  = ["t3.medium"]

  scaling_config {
    desired_size = 1
    max_size     = 2
    min_size     = 1
  }
}

# --- the edge

resource "aws_route53_zone" "public" {
  name    = "wide-listed.example"
  comment = "for the world"
}

resource "aws_route53_zone" "private" {
  name = "wide-listed.internal"

  vpc {
    vpc_id = aws_vpc.main.id
  }
}

resource "aws_route53_record" "web" {
  zone_id = aws_route53_zone.public.zone_id
  name    = "web"
  type    = "A"
  ttl     = 300
  records = ["192.0.2.1", "192.0.2.2"]
}

resource "aws_route53_record" "text" {
  zone_id = aws_route53_zone.public.zone_id
  name    = "wide-listed.example"
  type    = "TXT"
  ttl     = 60
  records = ["v=spf1 -all"]
}

resource "aws_route53_record" "alias" {
  zone_id = aws_route53_zone.public.zone_id
  name    = "*.wide-listed.example"
  type    = "A"

  alias {
    name                   = aws_cloudfront_distribution.web.domain_name
    zone_id                = aws_cloudfront_distribution.web.hosted_zone_id
    evaluate_target_health = false
  }
}

resource "aws_acm_certificate" "web" {
  domain_name               = "wide-listed.example"
  subject_alternative_names = ["www.wide-listed.example"]
  validation_method         = "DNS"
}

resource "aws_cloudfront_distribution" "web" {
  enabled         = true
  comment         = "wide listed"
  is_ipv6_enabled = true
  price_class     = "PriceClass_100"

  origin {
    domain_name = "origin.example.com"
    origin_id   = "origin"

    custom_origin_config {
      http_port              = 80
      https_port             = 443
      origin_protocol_policy = "https-only"
      origin_ssl_protocols   = ["TLSv1.2"]
    }
  }

  default_cache_behavior {
    allowed_methods        = ["GET", "HEAD"]
    cached_methods         = ["GET", "HEAD"]
    target_origin_id       = "origin"
    viewer_protocol_policy = "redirect-to-https"

    forwarded_values {
      query_string = false

      cookies {
        forward = "none"
      }
    }
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }

  viewer_certificate {
    cloudfront_default_certificate = true
  }
}

resource "aws_api_gateway_rest_api" "v1" {
  name        = "wide-listed"
  description = "the first"

  endpoint_configuration {
    types = ["REGIONAL"]
  }
}

resource "aws_apigatewayv2_api" "v2" {
  name          = "wide-listed"
  protocol_type = "HTTP"
  description   = "the second"

  cors_configuration {
    allow_methods = ["GET", "PUT"]
    allow_origins = ["https://example.com"]
  }
}

resource "aws_cognito_user_pool" "people" {
  name                     = "wide-listed"
  auto_verified_attributes = ["email"]
  username_attributes      = ["email"]

  password_policy {
    minimum_length = 12
  }
}
