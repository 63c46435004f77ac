# What the world calls: API gateways, GraphQL, distributions, filters of requests.

resource "aws_api_gateway_rest_api" "one" { name = "wide" }

resource "aws_api_gateway_resource" "one" {
  rest_api_id = aws_api_gateway_rest_api.one.id
  parent_id   = aws_api_gateway_rest_api.one.root_resource_id
  path_part   = "wide"
}

resource "aws_api_gateway_method" "one" {
  rest_api_id   = aws_api_gateway_rest_api.one.id
  resource_id   = aws_api_gateway_resource.one.id
  http_method   = "GET"
  authorization = "NONE"
}

resource "aws_api_gateway_integration" "one" {
  rest_api_id = aws_api_gateway_rest_api.one.id
  resource_id = aws_api_gateway_resource.one.id
  http_method = aws_api_gateway_method.one.http_method
  type        = "MOCK"
}

resource "aws_api_gateway_method_response" "one" {
  rest_api_id = aws_api_gateway_rest_api.one.id
  resource_id = aws_api_gateway_resource.one.id
  http_method = aws_api_gateway_method.one.http_method
  status_code = "200"
}

resource "aws_api_gateway_deployment" "one" {
  rest_api_id = aws_api_gateway_rest_api.one.id
  depends_on  = [aws_api_gateway_integration.one]
}

resource "aws_api_gateway_stage" "one" {
  rest_api_id   = aws_api_gateway_rest_api.one.id
  deployment_id = aws_api_gateway_deployment.one.id
  stage_name    = "live"
}

resource "aws_api_gateway_api_key" "one" { name = "wide" }

resource "aws_api_gateway_usage_plan" "one" {
  name = "wide"
  api_stages {
    api_id = aws_api_gateway_rest_api.one.id
    stage  = aws_api_gateway_stage.one.stage_name
  }
}

resource "aws_api_gateway_usage_plan_key" "one" {
  key_id        = aws_api_gateway_api_key.one.id
  key_type      = "API_KEY"
  usage_plan_id = aws_api_gateway_usage_plan.one.id
}

resource "aws_api_gateway_domain_name" "one" {
  domain_name     = "api.wide.example.com"
  certificate_arn = aws_acm_certificate.one.arn
}

resource "aws_acm_certificate" "one" {
  domain_name       = "api.wide.example.com"
  validation_method = "DNS"
}

resource "aws_api_gateway_base_path_mapping" "one" {
  api_id      = aws_api_gateway_rest_api.one.id
  stage_name  = aws_api_gateway_stage.one.stage_name
  domain_name = aws_api_gateway_domain_name.one.domain_name
}

resource "aws_api_gateway_request_validator" "one" {
  name        = "wide"
  rest_api_id = aws_api_gateway_rest_api.one.id
}

resource "aws_api_gateway_model" "one" {
  name         = "wide"
  rest_api_id  = aws_api_gateway_rest_api.one.id
  content_type = "application/json"
  schema       = jsonencode({ type = "object" })
}

resource "aws_api_gateway_gateway_response" "one" {
  rest_api_id   = aws_api_gateway_rest_api.one.id
  response_type = "UNAUTHORIZED"
  status_code   = "401"
}

resource "aws_api_gateway_authorizer" "one" {
  name            = "wide"
  rest_api_id     = aws_api_gateway_rest_api.one.id
  type            = "COGNITO_USER_POOLS"
  provider_arns   = [aws_cognito_user_pool.one.arn]
  identity_source = "method.request.header.Authorization"
}

resource "aws_cognito_user_pool" "one" { name = "wide-web" }

resource "aws_vpc" "one" { cidr_block = "10.64.0.0/16" }

resource "aws_subnet" "one" {
  count             = 2
  vpc_id            = aws_vpc.one.id
  cidr_block        = "10.64.${count.index}.0/24"
  availability_zone = element(["eu-west-1a", "eu-west-1b"], count.index)
}

resource "aws_security_group" "one" {
  name   = "wide-web"
  vpc_id = aws_vpc.one.id
}

resource "aws_apigatewayv2_api" "one" {
  name          = "wide"
  protocol_type = "HTTP"
}

resource "aws_apigatewayv2_api" "socket" {
  name                       = "wide-socket"
  protocol_type              = "WEBSOCKET"
  route_selection_expression = "$request.body.action"
}

resource "aws_apigatewayv2_stage" "one" {
  api_id = aws_apigatewayv2_api.one.id
  name   = "$default"
}

resource "aws_apigatewayv2_integration" "one" {
  api_id             = aws_apigatewayv2_api.one.id
  integration_type   = "HTTP_PROXY"
  integration_uri    = "https://wide.example.com"
  integration_method = "GET"
}

resource "aws_apigatewayv2_route" "one" {
  api_id    = aws_apigatewayv2_api.one.id
  route_key = "GET /wide"
  target    = "integrations/${aws_apigatewayv2_integration.one.id}"
}

resource "aws_apigatewayv2_authorizer" "one" {
  api_id           = aws_apigatewayv2_api.one.id
  name             = "wide"
  authorizer_type  = "JWT"
  identity_sources = ["$request.header.Authorization"]
  jwt_configuration {
    audience = ["wide"]
    issuer   = "https://login.wide.example.com"
  }
}

resource "aws_apigatewayv2_model" "one" {
  api_id       = aws_apigatewayv2_api.socket.id
  name         = "wide"
  content_type = "application/json"
  schema       = jsonencode({ type = "object" })
}

resource "aws_apigatewayv2_vpc_link" "one" {
  name               = "wide"
  security_group_ids = [aws_security_group.one.id]
  subnet_ids         = aws_subnet.one[*].id
}

resource "aws_apigatewayv2_domain_name" "one" {
  domain_name = "v2.wide.example.com"
  domain_name_configuration {
    certificate_arn = aws_acm_certificate.one.arn
    endpoint_type   = "REGIONAL"
    security_policy = "TLS_1_2"
  }
}

resource "aws_apigatewayv2_api_mapping" "one" {
  api_id      = aws_apigatewayv2_api.one.id
  domain_name = aws_apigatewayv2_domain_name.one.domain_name
  stage       = aws_apigatewayv2_stage.one.name
}

resource "aws_appsync_graphql_api" "one" {
  name                = "wide"
  authentication_type = "API_KEY"
  schema              = "type Query { wide: String }"
}

resource "aws_appsync_api_key" "one" { api_id = aws_appsync_graphql_api.one.id }

resource "aws_cloudfront_origin_access_control" "one" {
  name                              = "wide"
  origin_access_control_origin_type = "s3"
  signing_behavior                  = "always"
  signing_protocol                  = "sigv4"
}

resource "aws_cloudfront_distribution" "one" {
  enabled = true
  origin {
    domain_name = "wide.example.com"
    origin_id   = "wide"
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
    target_origin_id       = "wide"
    viewer_protocol_policy = "redirect-to-https"
    forwarded_values {
      query_string = false
      cookies { forward = "none" }
    }
  }
  restrictions {
    geo_restriction { restriction_type = "none" }
  }
  viewer_certificate { cloudfront_default_certificate = true }
}

resource "aws_cloudfront_public_key" "one" {
  name        = "wide"
  encoded_key = <<-PEM
    -----BEGIN PUBLIC KEY-----
    MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCo1bU7l6cGNQtT2LIgD5FF7pIa
    p5wJz4lRYvoV1fOCjPPI1dFD92P2/zlrSYeZwaxiOMEg0MPbV2Dj5VK64RTQxCW5
    xRznW68G/OTRLn/kcxEZykIqt6gwYL3YREhnFrIKKtdeutZb2N1JhA5HGeuOAjiu
    kIe1Caj8PbxUY5yBnwIDAQAB
    -----END PUBLIC KEY-----
  PEM
}

resource "aws_cloudfront_key_group" "one" {
  name  = "wide"
  items = [aws_cloudfront_public_key.one.id]
}

resource "aws_wafv2_ip_set" "one" {
  name               = "wide"
  scope              = "REGIONAL"
  ip_address_version = "IPV4"
  addresses          = ["198.51.100.0/24"]
}

resource "aws_wafv2_regex_pattern_set" "one" {
  name  = "wide"
  scope = "REGIONAL"
  regular_expression { regex_string = "^/wide" }
}

resource "aws_wafv2_rule_group" "one" {
  name     = "wide"
  scope    = "REGIONAL"
  capacity = 10
  visibility_config {
    cloudwatch_metrics_enabled = false
    metric_name                = "wide"
    sampled_requests_enabled   = false
  }
}

resource "aws_wafv2_web_acl" "one" {
  name  = "wide"
  scope = "REGIONAL"
  default_action {
    allow {}
  }
  visibility_config {
    cloudwatch_metrics_enabled = false
    metric_name                = "wide"
    sampled_requests_enabled   = false
  }
}

resource "aws_wafv2_web_acl_association" "one" {
  resource_arn = aws_api_gateway_stage.one.arn
  web_acl_arn  = aws_wafv2_web_acl.one.arn
}

resource "aws_wafv2_web_acl_logging_configuration" "one" {
  resource_arn            = aws_wafv2_web_acl.one.arn
  log_destination_configs = [aws_cloudwatch_log_group.one.arn]
}

resource "aws_cloudwatch_log_group" "one" { name = "aws-waf-logs-wide" }
