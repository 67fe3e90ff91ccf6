"""Who knows the whole country: the engagement index and the aggregating services.

Producers like any other behind the gateway, and consumers of it: they are asked by SOAP, and ask through the platform.
`index` keeps where each citizen has something; `aggregation` asks everybody there and merges the answers.
Source: platform.md §21, §22; contracts.md §7, §10, §11.
"""
