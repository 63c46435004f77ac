# What tells whom: topics, queues, buses, schedules, workflows, mail.

resource "aws_iam_role" "one" {
  name               = "wide-events"
  assume_role_policy = local.trust
}

resource "aws_sns_topic" "one" { name = "wide" }

resource "aws_sns_topic" "fifo" {
  name       = "wide.fifo"
  fifo_topic = true
}

resource "aws_sns_topic_policy" "one" {
  arn = aws_sns_topic.one.arn
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sns:Publish", Resource = aws_sns_topic.one.arn, Principal = { AWS = "*" } }]
  })
}

resource "aws_sns_topic_subscription" "one" {
  topic_arn = aws_sns_topic.one.arn
  protocol  = "sqs"
  endpoint  = aws_sqs_queue.one.arn
}

resource "aws_sns_platform_application" "one" {
  name                = "wide"
  platform            = "GCM"
  platform_credential = "CANARY-platform-credential-5e"
}

resource "aws_sqs_queue" "one" { name = "wide" }

resource "aws_sqs_queue_policy" "one" {
  queue_url = aws_sqs_queue.one.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sqs:SendMessage", Resource = aws_sqs_queue.one.arn, Principal = { Service = "sns.amazonaws.com" } }]
  })
}

resource "aws_cloudwatch_event_bus" "one" { name = "wide" }

resource "aws_cloudwatch_event_rule" "one" {
  name                = "wide"
  schedule_expression = "rate(1 day)"
}

resource "aws_cloudwatch_event_rule" "bus" {
  name           = "wide-bus"
  event_bus_name = aws_cloudwatch_event_bus.one.name
  event_pattern  = jsonencode({ source = ["wide"] })
}

resource "aws_cloudwatch_event_target" "one" {
  rule = aws_cloudwatch_event_rule.one.name
  arn  = aws_sqs_queue.one.arn
}

resource "aws_cloudwatch_event_archive" "one" {
  name             = "wide"
  event_source_arn = aws_cloudwatch_event_bus.one.arn
}

resource "aws_cloudwatch_event_connection" "one" {
  name               = "wide"
  authorization_type = "API_KEY"
  auth_parameters {
    api_key {
      key   = "x-api-key"
      value = "CANARY-event-connection-cc"
    }
  }
}

resource "aws_cloudwatch_event_api_destination" "one" {
  name                = "wide"
  connection_arn      = aws_cloudwatch_event_connection.one.arn
  http_method         = "POST"
  invocation_endpoint = "https://wide.example.com/hook"
}

resource "aws_scheduler_schedule_group" "one" { name = "wide" }

resource "aws_scheduler_schedule" "one" {
  name                = "wide"
  group_name          = aws_scheduler_schedule_group.one.name
  schedule_expression = "rate(1 hours)"
  flexible_time_window { mode = "OFF" }
  target {
    arn      = aws_sqs_queue.one.arn
    role_arn = aws_iam_role.one.arn
  }
}

resource "aws_sqs_queue" "target" { name = "wide-target" }

resource "aws_pipes_pipe" "one" {
  name     = "wide"
  role_arn = aws_iam_role.one.arn
  source   = aws_sqs_queue.one.arn
  target   = aws_sqs_queue.target.arn
}

resource "aws_sfn_activity" "one" { name = "wide" }

resource "aws_sfn_state_machine" "one" {
  name       = "wide"
  role_arn   = aws_iam_role.one.arn
  definition = jsonencode({ StartAt = "End", States = { End = { Type = "Succeed" } } })
}

resource "aws_mq_broker" "one" {
  broker_name        = "wide"
  engine_type        = "ActiveMQ"
  engine_version     = "5.17.6"
  host_instance_type = "mq.t2.micro"
  user {
    username = "wide"
    password = "CANARY-mq-password-31"
  }
}

resource "aws_mq_configuration" "one" {
  name           = "wide"
  engine_type    = "ActiveMQ"
  engine_version = "5.17.6"
  data           = "<broker xmlns=\"http://activemq.apache.org/schema/core\"/>"
}

resource "aws_swf_domain" "one" {
  name                                        = "wide"
  workflow_execution_retention_period_in_days = 7
}

resource "aws_ses_domain_identity" "one" { domain = "mail.wide.example.com" }

resource "aws_ses_email_identity" "one" { email = "post@wide.example.com" }

resource "aws_ses_domain_dkim" "one" { domain = aws_ses_domain_identity.one.domain }

resource "aws_ses_configuration_set" "one" { name = "wide-v1" }

resource "aws_ses_template" "one" {
  name    = "wide"
  subject = "wide"
  text    = "wide"
}

resource "aws_ses_receipt_rule_set" "one" { rule_set_name = "wide" }

resource "aws_ses_receipt_rule" "one" {
  name          = "wide"
  rule_set_name = aws_ses_receipt_rule_set.one.rule_set_name
}

resource "aws_sesv2_email_identity" "one" { email_identity = "news.wide.example.com" }

resource "aws_sesv2_contact_list" "one" { contact_list_name = "wide" }

resource "aws_sesv2_dedicated_ip_pool" "one" { pool_name = "wide" }

resource "aws_sesv2_configuration_set" "one" { configuration_set_name = "wide-v2" }

resource "aws_appmesh_mesh" "one" { name = "wide" }

resource "aws_appconfig_application" "one" { name = "wide" }

resource "aws_appconfig_configuration_profile" "one" {
  application_id = aws_appconfig_application.one.id
  name           = "wide"
  location_uri   = "hosted"
}
