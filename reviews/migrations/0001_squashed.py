"""Every table of this room in one step; a database from before goes through the single steps it replaces."""

import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
import reviews.append_only
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('reviews', '0001_initial'), ('reviews', '0002_append_only_audit'), ('reviews', '0003_elements_of_frameworks'), ('reviews', '0004_risk_of_bias_and_extraction')]

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('email', models.EmailField(max_length=254, unique=True)),
                ('name', models.CharField(help_text='As colleagues should see it.', max_length=150)),
                ('is_active', models.BooleanField(default=True)),
                ('is_staff', models.BooleanField(default=False)),
                ('date_joined', models.DateTimeField(default=django.utils.timezone.now)),
                ('preferences', models.JSONField(blank=True, default=dict)),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
            ],
            options={
                'constraints': [models.UniqueConstraint(django.db.models.functions.text.Lower('email'), name='user_email_unique_ignoring_case')],
            },
        ),
        migrations.CreateModel(
            name='Review',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(max_length=80, unique=True)),
                ('title', models.CharField(max_length=300)),
                ('question', models.TextField(blank=True, help_text='The review question in one or two sentences.')),
                ('framework', models.CharField(default='PICO', max_length=20)),
                ('population', models.TextField(blank=True)),
                ('intervention', models.TextField(blank=True)),
                ('comparator', models.TextField(blank=True)),
                ('study_designs', models.TextField(blank=True)),
                ('registration', models.CharField(blank=True, help_text='For example CRD42024000000.', max_length=100)),
                ('registry', models.CharField(blank=True, help_text='For example PROSPERO or OSF.', max_length=100)),
                ('protocol_url', models.URLField(blank=True)),
                ('notice', models.TextField(blank=True, help_text='Shown on every page of the review, for example what it is.')),
                ('protocol_version', models.PositiveIntegerField(default=1)),
                ('quorum_title_abstract', models.PositiveSmallIntegerField(default=2, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(9)], verbose_name='reviewers per record (title and abstract)')),
                ('quorum_full_text', models.PositiveSmallIntegerField(default=2, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(9)], verbose_name='reviewers per report (full text)')),
                ('maybe_rule', models.CharField(choices=[('include', 'Maybe counts as include'), ('conflict', 'Maybe makes a conflict')], default='include', max_length=10)),
                ('reasons_must_agree', models.BooleanField(default=False, help_text='Two exclusions for different reasons at full text are a conflict. Otherwise the reason that comes first in the list stands.')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('archived_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['-created_at'],
                'constraints': [models.CheckConstraint(condition=models.Q(('quorum_full_text__gte', 1), ('quorum_title_abstract__gte', 1)), name='review_quorum_at_least_one')],
            },
        ),
        migrations.CreateModel(
            name='Outcome',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=200)),
                ('kind', models.CharField(choices=[('continuous', 'Continuous'), ('dichotomous', 'Dichotomous'), ('time_to_event', 'Time to event'), ('rate', 'Events over person-time'), ('correlation', 'Correlation'), ('proportion', 'Proportion of one group'), ('diagnostic', 'Diagnostic accuracy')], default='continuous', max_length=20)),
                ('domain', models.CharField(blank=True, max_length=200)),
                ('scale', models.CharField(blank=True, max_length=200)),
                ('direction', models.CharField(choices=[('lower', 'Lower is better'), ('higher', 'Higher is better')], default='lower', max_length=10)),
                ('unit', models.CharField(blank=True, max_length=60)),
                ('scale_low', models.FloatField(blank=True, help_text='Of the scale; extraction checks against it.', null=True, verbose_name='lowest possible score')),
                ('scale_high', models.FloatField(blank=True, null=True, verbose_name='highest possible score')),
                ('time_point', models.CharField(blank=True, max_length=120, verbose_name='main time point')),
                ('time_points', models.JSONField(blank=True, default=list, help_text='Planned besides the main one: ["6 months", "1 year"].', verbose_name='further time points')),
                ('minimal_important_difference', models.FloatField(blank=True, null=True)),
                ('is_primary', models.BooleanField(default=False)),
                ('order', models.PositiveIntegerField(default=0)),
                ('review', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='outcomes', to='reviews.review')),
            ],
            options={
                'ordering': ['order', 'pk'],
                'constraints': [models.UniqueConstraint(fields=('review', 'name'), name='outcome_name_once_per_review'), models.CheckConstraint(condition=models.Q(('scale_low', None), ('scale_high', None), ('scale_low__lt', models.F('scale_high')), _connector='OR'), name='outcome_scale_runs_upwards', violation_error_message='The lowest possible score must be below the highest.')],
            },
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('owner', 'Owner'), ('manager', 'Manager'), ('librarian', 'Librarian'), ('reviewer', 'Reviewer'), ('adjudicator', 'Adjudicator'), ('extractor', 'Extractor'), ('statistician', 'Statistician'), ('observer', 'Observer')], max_length=20)),
                ('joined_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('left_at', models.DateTimeField(blank=True, null=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to=settings.AUTH_USER_MODEL)),
                ('review', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to='reviews.review')),
            ],
            options={
                'ordering': ['joined_at', 'pk'],
                'constraints': [models.UniqueConstraint(fields=('review', 'user'), name='one_membership_per_person_and_review'), models.CheckConstraint(condition=models.Q(('role__in', ['owner', 'manager', 'librarian', 'reviewer', 'adjudicator', 'extractor', 'statistician', 'observer'])), name='membership_role_known')],
            },
        ),
        migrations.CreateModel(
            name='Job',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('task', models.CharField(help_text="The Celery task's name, for example analysis.run.", max_length=80)),
                ('key', models.CharField(help_text='Equal keys are the same work: asked twice, done once.', max_length=120)),
                ('label', models.CharField(max_length=200)),
                ('params', models.JSONField(default=dict)),
                ('state', models.CharField(choices=[('queued', 'Queued'), ('running', 'Running'), ('done', 'Done'), ('failed', 'Failed'), ('cancelled', 'Cancelled')], default='queued', max_length=10)),
                ('done', models.PositiveIntegerField(default=0)),
                ('total', models.PositiveIntegerField(default=0)),
                ('message', models.CharField(blank=True, max_length=300)),
                ('error', models.TextField(blank=True, help_text='A sentence for the user.')),
                ('traceback', models.TextField(blank=True, help_text='For administrators.')),
                ('result', models.JSONField(blank=True, default=dict)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('token', models.UUIDField(editable=False, null=True)),
                ('lease_until', models.DateTimeField(blank=True, null=True)),
                ('cancel_requested', models.BooleanField(default=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('rung_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('started_at', models.DateTimeField(blank=True, null=True)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('requested_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('review', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='jobs', to='reviews.review')),
            ],
            options={
                'ordering': ['-pk'],
                'constraints': [models.UniqueConstraint(fields=('review', 'key'), name='job_key_once_per_review')],
            },
        ),
        migrations.CreateModel(
            name='Invitation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('email', models.EmailField(max_length=254)),
                ('role', models.CharField(choices=[('owner', 'Owner'), ('manager', 'Manager'), ('librarian', 'Librarian'), ('reviewer', 'Reviewer'), ('adjudicator', 'Adjudicator'), ('extractor', 'Extractor'), ('statistician', 'Statistician'), ('observer', 'Observer')], max_length=20)),
                ('token_sha256', models.CharField(max_length=64, unique=True)),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('expires_at', models.DateTimeField()),
                ('accepted_at', models.DateTimeField(blank=True, null=True)),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
                ('emailed_at', models.DateTimeField(blank=True, help_text='When the mail server took the e-mail; empty if none was sent.', null=True)),
                ('accepted_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('invited_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('review', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='invitations', to='reviews.review')),
            ],
            options={
                'ordering': ['-created_at'],
            },
        ),
        migrations.CreateModel(
            name='ExclusionReason',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('label', models.CharField(max_length=120)),
                ('order', models.PositiveIntegerField(default=0)),
                ('retired_at', models.DateTimeField(blank=True, null=True)),
                ('review', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='exclusion_reasons', to='reviews.review')),
            ],
            options={
                'ordering': ['order', 'pk'],
                'constraints': [models.UniqueConstraint(fields=('review', 'label'), name='exclusion_reason_once_per_review')],
            },
        ),
        migrations.CreateModel(
            name='Criterion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('include', 'Include'), ('exclude', 'Exclude')], max_length=10)),
                ('element', models.CharField(choices=[('population', 'Population'), ('intervention', 'Intervention'), ('comparator', 'Comparator'), ('outcome', 'Outcome'), ('design', 'Study design'), ('exposure', 'Exposure'), ('phenomenon', 'Phenomenon of interest'), ('evaluation', 'Evaluation'), ('research_type', 'Research type'), ('index_test', 'Index test'), ('reference_standard', 'Reference standard'), ('diagnosis', 'Diagnosis of interest'), ('setting', 'Setting'), ('other', 'Other')], max_length=20)),
                ('text', models.TextField()),
                ('order', models.PositiveIntegerField(default=0)),
                ('retired_at', models.DateTimeField(blank=True, null=True)),
                ('reason', models.ForeignKey(blank=True, help_text='Given when the criteria are asked one by one and this is the first that fails.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='criteria', to='reviews.exclusionreason', verbose_name='exclusion reason')),
                ('review', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='criteria', to='reviews.review')),
            ],
            options={
                'verbose_name_plural': 'criteria',
                'ordering': ['order', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='AuditEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('actor_name', models.CharField(blank=True, max_length=150)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('verb', models.CharField(help_text='Dotted, for example screening.vote_cast.', max_length=60)),
                ('target_type', models.CharField(blank=True, max_length=60)),
                ('target_id', models.CharField(blank=True, max_length=64)),
                ('target_label', models.CharField(blank=True, max_length=300)),
                ('sentence', models.TextField()),
                ('detail', models.JSONField(blank=True, default=dict)),
                ('blinded', models.BooleanField(default=False)),
                ('actor', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('review', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='reviews.review')),
            ],
            options={
                'ordering': ['-pk'],
            },
        ),
        migrations.AddIndex(
            model_name='job',
            index=models.Index(fields=['state', 'lease_until'], name='job_by_state'),
        ),
        migrations.AddIndex(
            model_name='auditevent',
            index=models.Index(fields=['review', '-id'], name='audit_by_review'),
        ),
        migrations.AddIndex(
            model_name='auditevent',
            index=models.Index(fields=['review', 'target_type', 'target_id'], name='audit_by_target'),
        ),
        migrations.RunPython(
            code=reviews.append_only.add,
            reverse_code=reviews.append_only.remove,
        ),
    ]
