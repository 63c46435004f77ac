# What watches and builds: logs, alarms, parameters, rules, pipelines, budgets, detectors.

resource "aws_iam_role" "one" {
  name               = "wide-ops"
  assume_role_policy = local.trust
}

resource "aws_s3_bucket" "one" { bucket = "wide-ops" }

resource "aws_sns_topic" "one" { name = "wide-ops" }

resource "aws_kinesis_stream" "one" {
  name        = "wide-ops"
  shard_count = 1
}

resource "aws_cloudwatch_log_group" "one" { name = "/wide/ops" }

resource "aws_cloudwatch_log_stream" "one" {
  name           = "wide"
  log_group_name = aws_cloudwatch_log_group.one.name
}

resource "aws_cloudwatch_log_metric_filter" "one" {
  name           = "wide"
  log_group_name = aws_cloudwatch_log_group.one.name
  pattern        = "ERROR"
  metric_transformation {
    name      = "errors"
    namespace = "wide"
    value     = "1"
  }
}

resource "aws_cloudwatch_log_subscription_filter" "one" {
  name            = "wide"
  log_group_name  = aws_cloudwatch_log_group.one.name
  filter_pattern  = ""
  destination_arn = aws_kinesis_stream.one.arn
  role_arn        = aws_iam_role.one.arn
}

resource "aws_cloudwatch_log_destination" "one" {
  name       = "wide"
  role_arn   = aws_iam_role.one.arn
  target_arn = aws_kinesis_stream.one.arn
}

resource "aws_cloudwatch_log_resource_policy" "one" {
  policy_name = "wide"
  policy_document = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "logs:PutLogEvents", Resource = "*", Principal = { Service = "route53.amazonaws.com" } }]
  })
}

resource "aws_cloudwatch_log_delivery_source" "one" {
  name         = "wide"
  log_type     = "ACCESS_LOGS"
  resource_arn = "arn:aws:cloudfront::123456789012:distribution/E1Q5O5EXAMPLE"
}

resource "aws_cloudwatch_log_delivery_destination" "one" {
  name = "wide"
  delivery_destination_configuration { destination_resource_arn = aws_cloudwatch_log_group.one.arn }
}

resource "aws_cloudwatch_log_delivery" "one" {
  delivery_source_name     = aws_cloudwatch_log_delivery_source.one.name
  delivery_destination_arn = aws_cloudwatch_log_delivery_destination.one.arn
}

resource "aws_cloudwatch_metric_alarm" "one" {
  alarm_name          = "wide"
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 1
  metric_name         = "CPUUtilization"
  namespace           = "AWS/EC2"
  period              = 300
  statistic           = "Average"
  threshold           = 80
}

resource "aws_cloudwatch_dashboard" "one" {
  dashboard_name = "wide"
  dashboard_body = jsonencode({ widgets = [] })
}

resource "aws_cloudwatch_contributor_insight_rule" "one" {
  rule_name       = "wide"
  rule_definition = jsonencode({ Schema = { Name = "CloudWatchLogRule", Version = 1 }, LogGroupNames = ["/wide/ops"], LogFormat = "JSON", Contribution = { Keys = ["$.ip"], Filters = [] }, AggregateOn = "Count" })
}

resource "aws_ssm_parameter" "one" {
  name  = "/wide/parameter"
  type  = "SecureString"
  value = "CANARY-parameter-2c40"
}

resource "aws_ssm_parameter" "plain" {
  name  = "wide-parameter"
  type  = "String"
  value = "wide"
}

resource "aws_ssm_document" "one" {
  name          = "wide"
  document_type = "Command"
  content = jsonencode({
    schemaVersion = "2.2"
    description   = "wide"
    mainSteps     = [{ action = "aws:runShellScript", name = "wide", inputs = { runCommand = ["true"] } }]
  })
}

resource "aws_ssm_maintenance_window" "one" {
  name     = "wide"
  schedule = "cron(0 2 ? * SUN *)"
  duration = 2
  cutoff   = 1
}

resource "aws_ssm_maintenance_window_target" "one" {
  window_id     = aws_ssm_maintenance_window.one.id
  resource_type = "INSTANCE"
  targets {
    key    = "tag:Name"
    values = ["wide"]
  }
}

resource "aws_ssm_maintenance_window_task" "one" {
  window_id = aws_ssm_maintenance_window.one.id
  task_type = "RUN_COMMAND"
  task_arn  = "AWS-RunShellScript"
  targets {
    key    = "WindowTargetIds"
    values = [aws_ssm_maintenance_window_target.one.id]
  }
  max_concurrency = 1
  max_errors      = 1
}

resource "aws_ssm_patch_baseline" "one" {
  name             = "wide"
  approved_patches = ["KB123456"]
}

resource "aws_config_configuration_recorder" "one" {
  name     = "default"
  role_arn = aws_iam_role.one.arn
}

resource "aws_config_delivery_channel" "one" {
  name           = "default"
  s3_bucket_name = aws_s3_bucket.one.bucket
  depends_on     = [aws_config_configuration_recorder.one]
}

resource "aws_config_config_rule" "one" {
  name = "wide"
  source {
    owner             = "AWS"
    source_identifier = "S3_BUCKET_VERSIONING_ENABLED"
  }
  depends_on = [aws_config_configuration_recorder.one]
}

resource "aws_config_aggregate_authorization" "one" {
  account_id = "210987654321"
  region     = "eu-west-1"
}

resource "aws_config_configuration_aggregator" "one" {
  name = "wide"
  account_aggregation_source {
    account_ids = ["210987654321"]
    all_regions = true
  }
}

resource "aws_cloudtrail" "one" {
  name           = "wide"
  s3_bucket_name = aws_s3_bucket.one.bucket
}

resource "aws_codebuild_project" "one" {
  name         = "wide"
  service_role = aws_iam_role.one.arn
  artifacts { type = "NO_ARTIFACTS" }
  environment {
    compute_type = "BUILD_GENERAL1_SMALL"
    image        = "aws/codebuild/standard:7.0"
    type         = "LINUX_CONTAINER"
  }
  source {
    type     = "S3"
    location = "${aws_s3_bucket.one.bucket}/source.zip"
  }
}

resource "aws_codecommit_repository" "one" { repository_name = "wide" }

resource "aws_codedeploy_app" "one" { name = "wide" }

resource "aws_codedeploy_deployment_group" "one" {
  app_name              = aws_codedeploy_app.one.name
  deployment_group_name = "wide"
  service_role_arn      = aws_iam_role.one.arn
}

resource "aws_codepipeline" "one" {
  name     = "wide"
  role_arn = aws_iam_role.one.arn
  artifact_store {
    location = aws_s3_bucket.one.bucket
    type     = "S3"
  }
  stage {
    name = "Source"
    action {
      name             = "Source"
      category         = "Source"
      owner            = "AWS"
      provider         = "S3"
      version          = "1"
      output_artifacts = ["source"]
      configuration    = { S3Bucket = aws_s3_bucket.one.bucket, S3ObjectKey = "source.zip" }
    }
  }
  stage {
    name = "Build"
    action {
      name            = "Build"
      category        = "Build"
      owner           = "AWS"
      provider        = "CodeBuild"
      version         = "1"
      input_artifacts = ["source"]
      configuration   = { ProjectName = "wide" }
    }
  }
}

resource "aws_cloudformation_stack" "one" {
  name          = "wide"
  template_body = jsonencode({ Resources = { Queue = { Type = "AWS::SQS::Queue", Properties = { QueueName = "wide-of-the-stack" } } } })
}

resource "aws_cloudformation_stack_set" "one" {
  name                    = "wide"
  administration_role_arn = aws_iam_role.one.arn
  template_body           = jsonencode({ Resources = { Queue = { Type = "AWS::SQS::Queue" } } })
}

resource "aws_budgets_budget" "one" {
  name         = "wide"
  budget_type  = "COST"
  limit_amount = "10"
  limit_unit   = "USD"
  time_unit    = "MONTHLY"
}

resource "aws_ce_cost_category" "one" {
  name         = "wide"
  rule_version = "CostCategoryExpression.v1"
  rule {
    value = "wide"
    rule {
      dimension {
        key           = "LINKED_ACCOUNT_NAME"
        values        = ["wide"]
        match_options = ["ENDS_WITH"]
      }
    }
  }
}

resource "aws_resourcegroups_group" "one" {
  name = "wide"
  resource_query { query = jsonencode({ ResourceTypeFilters = ["AWS::EC2::Instance"], TagFilters = [{ Key = "Project", Values = ["wide"] }] }) }
}

resource "aws_guardduty_detector" "one" {}

resource "aws_guardduty_filter" "one" {
  name        = "wide"
  action      = "ARCHIVE"
  detector_id = aws_guardduty_detector.one.id
  rank        = 1
  finding_criteria {
    criterion {
      field  = "region"
      equals = ["eu-west-1"]
    }
  }
}

resource "aws_inspector2_filter" "one" {
  name   = "wide"
  action = "SUPPRESS"
  filter_criteria {
    aws_account_id {
      comparison = "EQUALS"
      value      = "123456789012"
    }
  }
}

resource "aws_prometheus_workspace" "one" { alias = "wide" }

resource "aws_prometheus_rule_group_namespace" "one" {
  name         = "wide"
  workspace_id = aws_prometheus_workspace.one.id
  data         = "groups:\n  - name: wide\n    rules: []\n"
}

resource "aws_synthetics_canary" "one" {
  name                 = "wide"
  artifact_s3_location = "s3://${aws_s3_bucket.one.bucket}/"
  execution_role_arn   = aws_iam_role.one.arn
  handler              = "code.handler"
  runtime_version      = "syn-nodejs-puppeteer-9.1"
  zip_file             = "${path.module}/code.zip"
  schedule { expression = "rate(0 minute)" }
}

resource "aws_datasync_location_s3" "one" {
  s3_bucket_arn = aws_s3_bucket.one.arn
  subdirectory  = "/wide"
  s3_config { bucket_access_role_arn = aws_iam_role.one.arn }
}

resource "aws_fis_experiment_template" "one" {
  description = "wide"
  role_arn    = aws_iam_role.one.arn
  stop_condition { source = "none" }
  action {
    name      = "wait"
    action_id = "aws:fis:wait"
    parameter {
      key   = "duration"
      value = "PT1M"
    }
  }
}

resource "aws_resiliencehub_resiliency_policy" "one" {
  name = "wide"
  tier = "NonCritical"
  policy {
    az {
      rpo = "24h"
      rto = "24h"
    }
    hardware {
      rpo = "24h"
      rto = "24h"
    }
    software {
      rpo = "24h"
      rto = "24h"
    }
  }
}

resource "aws_servicecatalog_portfolio" "one" {
  name          = "wide"
  provider_name = "wide"
}

resource "aws_servicecatalogappregistry_application" "one" { name = "wide" }

resource "aws_signer_signing_profile" "one" {
  name        = "wide"
  platform_id = "AWSLambda-SHA384-ECDSA"
}

resource "aws_ram_resource_share" "one" { name = "wide" }

resource "aws_shield_subscription" "one" {}

resource "aws_transfer_server" "one" {}

resource "aws_transfer_user" "one" {
  server_id = aws_transfer_server.one.id
  user_name = "wide"
  role      = aws_iam_role.one.arn
}

resource "aws_transfer_ssh_key" "one" {
  server_id = aws_transfer_server.one.id
  user_name = aws_transfer_user.one.user_name
  body      = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQCdCqI0eAxcr+Rgu7Mp1heUgOX5J8sy+hS+in9VCtMb/uDsy7NLth7fh5zDtm8UuAqYoBczUMszdgMOwt3lYZaa000/Uyadz3JnTrWDJUnYWMlmVOLZ+3HNzWMvu3t2N7fkHD3vQvT909AZwwEGG9le16zlhFS/ceVWdemElsjXnw== wide"
}
