"""Every table of this room in one step; a database from before goes through the single steps it replaces."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('records', '0001_initial'), ('records', '0002_initial'), ('records', '0003_preview_and_thresholds'), ('records', '0004_what_prisma_s_asks'), ('records', '0005_removed_searches'), ('records', '0006_unique_by_year')]

    initial = True

    dependencies = [
        ('reviews', '0001_squashed'),
        ('reviews', '__first__'),
    ]

    operations = [
        migrations.CreateModel(
            name='ImportBatch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('file', models.FileField(blank=True, max_length=200, upload_to='imports/%Y/%m/')),
                ('file_name', models.CharField(max_length=255)),
                ('size', models.PositiveBigIntegerField(default=0)),
                ('sha256', models.CharField(blank=True, help_text='Blank for records added by hand.', max_length=64)),
                ('archive_name', models.CharField(blank=True, help_text='The zip or gz file it came in.', max_length=255)),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('mapping', 'Columns to name'), ('ready', 'To check'), ('done', 'Imported'), ('failed', 'Failed'), ('undone', 'Undone'), ('discarded', 'Discarded')], default='waiting', max_length=10)),
                ('check_first', models.BooleanField(default=False, help_text='What was read waits for a person before it enters the review.')),
                ('mapping', models.JSONField(blank=True, default=dict, help_text='Tables: {column header: field, or blank for none}.')),
                ('sheet', models.CharField(blank=True, help_text='Which sheet of a workbook.', max_length=100)),
                ('preset', models.CharField(blank=True, help_text='Whose export a table was recognised as.', max_length=30)),
                ('chosen_encoding', models.CharField(blank=True, help_text='The encoding a person chose over the detected one.', max_length=30)),
                ('format', models.CharField(blank=True, max_length=20)),
                ('encoding', models.CharField(blank=True, max_length=30)),
                ('records_read', models.PositiveIntegerField(default=0)),
                ('records_rejected', models.PositiveIntegerField(default=0, help_text='Entries that could not be read.')),
                ('rejected', models.JSONField(blank=True, default=list, help_text='[{line, cause, raw}] of the first thousand that were not read.')),
                ('warnings', models.JSONField(blank=True, default=list, help_text='Sentences about the file that cost no record.')),
                ('missing', models.JSONField(blank=True, default=dict, help_text='{field: how many of its records came without it}.')),
                ('known', models.PositiveIntegerField(default=0, help_text='How many looked like records of the review when they were read.')),
                ('doubled', models.PositiveIntegerField(default=0, help_text='How many looked like a record further up in the file.')),
                ('compared_at', models.DateTimeField(blank=True, help_text='When its records first took part in a search for duplicates.', null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('undone_at', models.DateTimeField(blank=True, null=True)),
                ('imported_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('job', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='reviews.job')),
                ('review', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='import_batches', to='reviews.review')),
                ('undone_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name_plural': 'import batches',
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='Search',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('source', models.CharField(help_text='For example MEDLINE, Embase, ClinicalTrials.gov.', max_length=120)),
                ('source_type', models.CharField(choices=[('database', 'Database'), ('register', 'Register'), ('website', 'Website'), ('organisation', 'Organisation'), ('citation', 'Citation searching'), ('other', 'Other method')], default='database', max_length=20)),
                ('platform', models.CharField(blank=True, help_text='For example Ovid, PubMed, EBSCOhost.', max_length=120)),
                ('searched_on', models.DateField(blank=True, null=True)),
                ('searched_together', models.CharField(blank=True, help_text='Databases that one search of the platform went through at once.', max_length=300)),
                ('query', models.TextField(blank=True, help_text='The full search, line by line.')),
                ('limits', models.TextField(blank=True, help_text='Language, date, study type filters and their reason.')),
                ('filters', models.TextField(blank=True, help_text='Published search filters that were used, with their citation.')),
                ('method', models.TextField(blank=True, help_text='Websites and citation searching: what was browsed or followed, how and with what.')),
                ('hits_reported', models.PositiveIntegerField(blank=True, help_text='Hits the source reported.', null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('removed_at', models.DateTimeField(blank=True, null=True)),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('review', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='searches', to='reviews.review')),
            ],
            options={
                'verbose_name_plural': 'searches',
                'ordering': ['pk'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('removed_at', None)), fields=('review', 'source', 'platform'), name='search_source_once_per_review')],
            },
        ),
        migrations.CreateModel(
            name='Record',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveIntegerField(help_text='The how-manieth record of the file.')),
                ('line', models.PositiveIntegerField(default=0, help_text='First line in the file.')),
                ('title', models.TextField()),
                ('abstract', models.TextField(blank=True)),
                ('authors', models.JSONField(default=list, help_text='["Family, Given", ...]')),
                ('year', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('journal', models.CharField(blank=True, max_length=500)),
                ('volume', models.CharField(blank=True, max_length=60)),
                ('issue', models.CharField(blank=True, max_length=60)),
                ('pages', models.CharField(blank=True, max_length=60)),
                ('doi', models.CharField(blank=True, db_index=True, max_length=300)),
                ('pmid', models.CharField(blank=True, db_index=True, max_length=20)),
                ('pmcid', models.CharField(blank=True, max_length=20)),
                ('registry_ids', models.JSONField(blank=True, default=list)),
                ('keywords', models.JSONField(blank=True, default=list)),
                ('type', models.CharField(blank=True, max_length=20)),
                ('language', models.CharField(blank=True, max_length=60)),
                ('url', models.TextField(blank=True)),
                ('issn', models.CharField(blank=True, max_length=60)),
                ('accession', models.CharField(blank=True, max_length=120)),
                ('raw', models.TextField(blank=True)),
                ('extra', models.JSONField(blank=True, default=dict, help_text='Unknown tags, verbatim.')),
                ('earlier', models.JSONField(blank=True, default=list, help_text='Decisions found in the file: [{by, decision, reason, stage}].')),
                ('original', models.JSONField(blank=True, default=dict, help_text='Field values before a person corrected them.')),
                ('filled', models.JSONField(blank=True, default=dict, help_text='Blank fields filled from a duplicate: {field: record id}.')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('batch', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='records', to='records.importbatch')),
                ('duplicate_of', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='duplicates', to='records.record')),
                ('review', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='records', to='reviews.review')),
                ('search', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='records', to='records.search')),
            ],
            options={
                'ordering': ['pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('duplicate_of', models.F('pk')), _negated=True), name='record_not_its_own_duplicate'), models.UniqueConstraint(fields=('batch', 'position'), name='record_once_per_position_in_file')],
            },
        ),
        migrations.AddField(
            model_name='importbatch',
            name='search',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='batches', to='records.search'),
        ),
        migrations.CreateModel(
            name='SearchReport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('contacts', models.TextField(blank=True, help_text='Authors, experts, manufacturers or others asked for studies or data, and how.')),
                ('other_methods', models.TextField(blank=True, help_text='Any other way in which studies were looked for.')),
                ('prior_work', models.TextField(blank=True, help_text='Strategies taken over or adapted from earlier reviews, with their citation.')),
                ('updates', models.TextField(blank=True, help_text='How the searches were kept up to date: run again, alerts.')),
                ('peer_review', models.TextField(blank=True, help_text='Who checked the strategies and how, for example PRESS.')),
                ('deduplication', models.TextField(blank=True, help_text='Anything beyond what this software did, such as duplicates removed elsewhere.')),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('review', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='search_report', to='reviews.review')),
                ('updated_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='ColumnMapping',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('signature', models.CharField(help_text='Hash of the header.', max_length=64)),
                ('columns', models.JSONField(default=list)),
                ('mapping', models.JSONField(default=dict)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('review', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='column_mappings', to='reviews.review')),
                ('updated_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('review', 'signature'), name='one_mapping_a_header_and_review')],
            },
        ),
        migrations.CreateModel(
            name='DeduplicationSettings',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('merge_at', models.FloatField()),
                ('ask_at', models.FloatField()),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('review', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='deduplication', to='reviews.review')),
                ('updated_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name_plural': 'deduplication settings',
                'constraints': [models.CheckConstraint(condition=models.Q(('ask_at__gt', 0), ('ask_at__lte', models.F('merge_at')), ('merge_at__lte', 1)), name='deduplication_thresholds_ordered')],
            },
        ),
        migrations.CreateModel(
            name='DuplicateCandidate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('score', models.FloatField()),
                ('rule', models.CharField(max_length=60)),
                ('reasons', models.JSONField(default=list)),
                ('state', models.CharField(choices=[('waiting', 'To decide'), ('merged', 'Merged'), ('distinct', 'Not a duplicate'), ('linked', 'Another report of the same study')], default='waiting', max_length=10)),
                ('automatic', models.BooleanField(default=False, help_text='Decided by rule, not by a person.')),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('decided_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('review', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='duplicate_candidates', to='reviews.review')),
                ('left', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='records.record')),
                ('right', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='records.record')),
            ],
            options={
                'ordering': ['-score', 'pk'],
                'indexes': [models.Index(fields=['review', 'state', '-score'], name='duplicate_queue')],
                'constraints': [models.UniqueConstraint(fields=('left', 'right'), name='duplicate_pair_once'), models.CheckConstraint(condition=models.Q(('left__lt', models.F('right'))), name='duplicate_pair_ordered')],
            },
        ),
        migrations.AddIndex(
            model_name='record',
            index=models.Index(fields=['review', 'duplicate_of', 'id'], name='record_unique_queue'),
        ),
        migrations.AddIndex(
            model_name='record',
            index=models.Index(condition=models.Q(('duplicate_of', None)), fields=['review', 'year'], include=('id', 'batch'), name='record_unique_by_year'),
        ),
        migrations.AddConstraint(
            model_name='importbatch',
            constraint=models.UniqueConstraint(condition=models.Q(('undone_at', None), models.Q(('state__in', ['failed', 'discarded']), _negated=True), models.Q(('sha256', ''), _negated=True)), fields=('review', 'sha256'), name='same_file_once_per_review'),
        ),
    ]
